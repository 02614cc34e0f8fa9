/**
 * `npm run test:faults -- --seed N --seconds S [--workers W] [--rate TASKS_PER_SECOND] [--logs FILE]`: breaks things for as long
 * as it is told, and exits 1 where a promise did not hold. Without a seed it takes one from the clock, and says it.
 */
import { parseArgs } from "node:util";
import { runFaults } from "./run-faults.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seconds: { type: "string", default: "60" },
    workers: { type: "string", default: "3" },
    rate: { type: "string", default: "6" },
    logs: { type: "string" },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));

try {
  const { breaches, summary, failure } = await runFaults({
    seed: positive("seed", values.seed ?? String(1 + (Date.now() % 1_000_000))),
    seconds: positive("seconds", values.seconds),
    workers: positive("workers", values.workers),
    tasksPerSecond: positive("rate", values.rate),
    say,
    signal: stopped.signal,
    logFile: values.logs,
  });
  say(summary);
  if (failure !== "") say(failure);
  process.exitCode = breaches.length === 0 ? 0 : 1;
} catch (error) {
  if (stopped.signal.aborted) say(String(stopped.signal.reason));
  else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    say(`--${name} must be a whole number from 1; it is ${JSON.stringify(text)}`);
    process.exit(1);
  }
  return value;
}
