/**
 * `npm run test:capacity -- [--only rate|outage] [--tasks T] [--workers W]`: the long forms of what capacity.test.ts tries in seconds. 200 tasks
 * before a provider that allows 50 requests a minute, and an outage of 60 s; exits 1 where a promise is broken.
 */
import { parseArgs } from "node:util";
import { type OutageRun, runOutage } from "./run-outage.ts";
import { type RateRun, runRate } from "./run-rate.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    tasks: { type: "string", default: "200" },
    workers: { type: "string", default: "4" },
    "requests-per-minute": { type: "string", default: "50" },
    "outage-s": { type: "string", default: "60" },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => stopped.abort(new Error(`ended by ${signal}`)));

const common = { workers: Number(values.workers), tasks: Number(values.tasks), say, signal: stopped.signal };
const broken: string[] = [];
const hold = (promise: string, isKept: boolean) => {
  say(`${isKept ? "✓" : "✗"} ${promise}`);
  if (!isKept) broken.push(promise);
};

if (values.only !== "outage") {
  const requestsPerMinute = Number(values["requests-per-minute"]);
  judgeRate(await runRate({ ...common, requestsPerMinute, windowMs: 60_000 }));
}
if (values.only !== "rate")
  judgeOutage(await runOutage({ ...common, outageMs: Number(values["outage-s"]) * 1000, maxAttempts: 2 }));
process.exit(broken.length > 0 ? 1 : 0);

function judgeRate({ requests, refused, usedShare, spanMs, states }: RateRun): void {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  say(`${requests} requests in ${Math.round(spanMs / 1000)} s`);
  hold(`${percent(refused / requests)} were refused, fewer than 2 %`, refused / requests < 0.02);
  hold(`${percent(usedShare)} of the allowance was used, more than 90 %`, usedShare > 0.9);
  hold(
    "every task was completed",
    states.every(({ status }) => status === "completed"),
  );
}

function judgeOutage({ states, refusedBy, firstServedAfterMs, lastTaskAfterMs }: OutageRun): void {
  say(`${refusedBy} requests met the outage; the last task ended ${lastTaskAfterMs} ms after it`);
  hold(`the first call was served ${firstServedAfterMs} ms after it, within 5 s`, firstServedAfterMs <= 5000);
  const isUnhurt = ({ status, attempts }: OutageRun["states"][number]) =>
    status === "completed" && attempts === 1;
  hold("it cost no task an attempt", states.every(isUnhurt));
}
