/** What the tools really did, by the file they wrote: it was there before any process died. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

export const Act = z.strictObject({
  tool: z.enum(["look", "put", "send"]),
  n: z.number(),
  task: z.string(),
  /** The call's idempotency key: `<task>.<reply>.<call>`. */
  key: z.string(),
  atMs: z.number(),
  pid: z.int(),
});
export type Act = z.infer<typeof Act>;

export async function readActs(dataDir: string): Promise<Act[]> {
  const file = await readFile(join(dataDir, "acts.jsonl"), "utf8").catch(() => "");
  return file.split("\n").flatMap((line) => (line === "" ? [] : [Act.parse(JSON.parse(line))]));
}
