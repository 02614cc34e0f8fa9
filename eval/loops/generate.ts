/**
 * `node eval/loops/generate.ts`: writes generated.jsonl anew. Three traces of each family, the same on every machine; a
 * test holds the file to the templates.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDice } from "./templates/dice.ts";
import { heldOutHonest } from "./templates/honest-held-out.ts";
import { tunedHonest } from "./templates/honest-tuned.ts";
import { heldOutLoops } from "./templates/loops-held-out.ts";
import { tunedLoops } from "./templates/loops-tuned.ts";
import { Trace } from "./trace.ts";

const EACH = 3;

export function generatedTraces(seed = 20261005, each = EACH): Trace[] {
  const families = [...tunedLoops, ...heldOutLoops, ...tunedHonest, ...heldOutHonest];
  return families.flatMap(({ kind, label, split, make }, family) =>
    Array.from({ length: each }, (_, at) => {
      const { rows, uselessFrom, poll } = make(createDice(seed + family * 101 + at));
      const name = `${label} ${split} ${kind} ${at + 1}`;
      return Trace.parse({
        name,
        label,
        kind,
        split,
        ...(uselessFrom === undefined ? {} : { useless_from: uselessFrom }),
        ...(poll === undefined ? {} : { poll }),
        rows,
      });
    }),
  );
}

if (import.meta.main) {
  const lines = generatedTraces().map((trace) => `${JSON.stringify(trace)}\n`);
  writeFileSync(join(import.meta.dirname, "generated.jsonl"), lines.join(""));
}
