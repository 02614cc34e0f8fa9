/**
 * `npm run test:overspend -- [--seed N] [--seeds A-B] [--tasks T] [--workers W] [--kills K]`: proves that no limit is
 * ever exceeded, and exits 1 where it was. Without a seed it takes one from the clock, and says it.
 */
import { parseArgs } from "node:util";
import { provesNothing } from "./report.ts";
import { runOverspend } from "./run-overspend.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    tasks: { type: "string", default: "200" },
    workers: { type: "string", default: "3" },
    kills: { type: "string", default: "6" },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => stopped.abort(new Error(`ended by ${signal}`)));

function whole(name: "seed" | "tasks" | "workers" | "kills", text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  say(`--${name} must be a whole number, at least ${least}; it is ${JSON.stringify(text)}`);
  process.exit(2);
}

function seedsOf(): number[] {
  if (values.seeds === undefined) return [whole("seed", values.seed ?? String(Date.now() % 1_000_000), 0)];
  const [, first = "1", last = first] = /^(\d+)(?:-(\d+))?$/.exec(values.seeds) ?? [];
  return Array.from({ length: Math.max(1, Number(last) - Number(first) + 1) }, (_, i) => Number(first) + i);
}

const options = {
  tasks: whole("tasks", values.tasks, 10),
  workers: whole("workers", values.workers, 1),
  kills: whole("kills", values.kills, 0),
};
const broken: number[] = [];
for (const seed of seedsOf()) {
  const { breaches, evidence, summary } = await runOverspend({
    seed,
    ...options,
    say,
    signal: stopped.signal,
  });
  say(summary);
  const nothing = provesNothing(evidence);
  if (nothing !== undefined) say(`✗ nothing is proved: ${nothing}`);
  if (breaches.length > 0 || nothing !== undefined) broken.push(seed);
  say("");
}
if (broken.length > 0) say(`Broken seeds: ${broken.join(", ")}. Again: npm run test:overspend -- --seed N`);
process.exit(broken.length > 0 ? 1 : 0);
