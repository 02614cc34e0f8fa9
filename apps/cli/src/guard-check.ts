/**
 * `pawl guard check FILE.jsonl`: judges texts in bulk, offline, by the default policy. Each line of the file is
 * `{"text": …, "direction"?: "input"|"output"|"tool"}`, each line of the answer its verdict, in order:
 * `{"action": …, "findings": […], "text": …}`. A line that cannot be read is answered `{"error": …}`, and the rest goes
 * on. Files of any size: one line is held at a time. `-` reads what is piped in. With `--second-tier` every text is also
 * judged by the content guard's sentence embeddings: better, and some 20 ms a sentence.
 */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { closeContentSecondTier, createGuard, type Verdict } from "@pawl/guardrails";
import { type Direction, directions } from "@pawl/protocol";
import { z } from "zod";

/** Members that the guard does not know, a label or an id, are passed over; null is as good as missing. */
const Row = z.looseObject({ text: z.string(), direction: z.enum(directions).nullish() });

/** The exit code: 0 when every line was judged, whatever the verdicts; 1 for a file or a line that cannot be read. */
export async function guardCheck(
  path: string,
  io: { readonly stdin: Readable; readonly stdout: Writable; readonly err: (line: string) => void },
  { secondTier = false }: { readonly secondTier?: boolean } = {},
): Promise<0 | 1> {
  const guard = createGuard({ content: { second_tier: secondTier ? "always" : "off" } });
  let failed = false;
  let number = 0;
  try {
    const input = path === "-" ? io.stdin : createReadStream(path);
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === "") continue;
      const answer = await answerTo(line, (text, direction) => guard.checkFully(text, { direction }));
      if ("error" in answer) {
        failed = true;
        io.err(`${path}, line ${number}: ${answer.error}`);
      }
      // Whoever reads slowly is waited for, or a big file's answers would pile up here.
      if (!io.stdout.write(`${JSON.stringify(answer)}\n`)) await once(io.stdout, "drain");
    }
  } catch (error) {
    failed = true;
    io.err(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await closeContentSecondTier();
  }
  return failed ? 1 : 0;
}

async function answerTo(
  line: string,
  check: (text: string, direction: Direction) => Promise<Verdict>,
): Promise<Verdict | { readonly error: string }> {
  try {
    const { text, direction } = Row.parse(JSON.parse(line));
    return await check(text, direction ?? "input");
  } catch (error) {
    if (error instanceof z.ZodError) return { error: z.prettifyError(error) };
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
