/** Reads the labelled corpus: what was written by hand, and what the templates generate. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Trace } from "./trace.ts";

export const corpusFiles = ["hand-written.jsonl", "generated.jsonl"] as const;

/** Throws a ZodError for a line that is no trace. */
export function readCorpus(dir: string): Trace[] {
  return corpusFiles.flatMap((file) =>
    readFileSync(join(dir, file), "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => Trace.parse(JSON.parse(line))),
  );
}
