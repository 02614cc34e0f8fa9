/**
 * `pawl loops check FILE.jsonl`: replays what an agent did through the loop detector, offline. Each line of the file is
 * an observation (`turn`, `input?`, `tool?`, `args?`, `result?`, `isError?`, `text?`, `atMs?`), each line of the answer
 * its verdict: `{"verdict":"ok"}` or `{"verdict":"warn","rule":…,"evidence":…}`. The task's text goes with the first.
 */

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createLoopDetector, type LoopObservation } from "@pawl/agent";
import { z } from "zod";

/** Members that the detector does not know, a label or an id, are passed over; null is as good as missing. */
const Row = z.looseObject({
  turn: z.number(),
  input: z.string().nullish(),
  tool: z.string().nullish(),
  args: z.unknown().optional(),
  result: z.unknown().optional(),
  isError: z.boolean().nullish(),
  text: z.string().nullish(),
  atMs: z.number().nullish(),
});

/** The exit code: 0 when every line was judged, whatever the verdicts; 1 for a file or a line that cannot be read. */
export async function loopsCheck(
  path: string,
  io: { readonly out: (line: string) => void; readonly err: (line: string) => void },
): Promise<0 | 1> {
  const detector = createLoopDetector();
  let number = 0;
  try {
    for await (const line of createInterface({
      input: createReadStream(path),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      number += 1;
      if (line.trim() !== "") io.out(JSON.stringify(detector.observe(observationIn(line))));
    }
    return 0;
  } catch (error) {
    const place = number === 0 ? path : `${path}, line ${number}`;
    io.err(`${place}: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`);
    return 1;
  }
}

function observationIn(line: string): LoopObservation {
  const { turn, input, tool, args, result, isError, text, atMs } = Row.parse(JSON.parse(line));
  return {
    turn,
    ...(input == null ? {} : { input }),
    ...(tool == null ? {} : { tool, args, result }),
    ...(isError == null ? {} : { isError }),
    ...(text == null ? {} : { text }),
    ...(atMs == null ? {} : { atMs }),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
