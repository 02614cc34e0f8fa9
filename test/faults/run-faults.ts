/**
 * One run of the fault suite: everything starts, callers come, things break by the schedule; then all is healed,
 * Pawl comes to rest, and the witnesses are heard. The same seed breaks the same things at the same moments.
 */
import { writeFile } from "node:fs/promises";
import { openStore, parseRedisAddress, type Store } from "@pawl/store";
import { type Arena, LOCK_MS, openArena } from "./arena.ts";
import type { Breach } from "./check-task.ts";
import { comeToRest } from "./come-to-rest.ts";
import { gatherCrowd } from "./crowd.ts";
import { hearWitnesses } from "./hear-witnesses.ts";
import { randomFrom } from "./random.ts";
import { describeFailure, describeProgress, describeSchedule, describeSummary } from "./report.ts";
import { type FaultRunOptions, inTime, type Round, sleep } from "./round.ts";
import { planStrikes } from "./schedule.ts";
import { carryOut, releaseStalls } from "./strike.ts";

export type FaultRun = {
  breaches: Breach[];
  summary: string;
  /** Everything needed to understand what broke; '' where nothing did. */
  failure: string;
};

const PROGRESS_MS = 5000;
const HEAL_TIMEOUT_MS = 60_000;

export async function runFaults(options: FaultRunOptions): Promise<FaultRun> {
  const { seed, seconds, workers, say, signal } = options;
  const random = randomFrom(seed);
  const names = Array.from({ length: workers }, (_, i) => `worker ${i + 1}`);
  const durationMs = seconds * 1000;
  const schedule = planStrikes(random.fork("strikes"), {
    durationMs,
    workers: names,
    api: "api",
    lockMs: LOCK_MS,
  });
  say(describeSchedule(options, schedule));

  const arena = await openArena({ workers, random, signal });
  const givenUp = new AbortController();
  const healed = Promise.withResolvers<void>();
  const crowd = gatherCrowd({
    random: random.fork("crowd"),
    tasksPerSecond: options.tasksPerSecond,
    apiUrl: arena.apiUrl,
    simulatorUrl: arena.simulator.url,
    webhookUrl: arena.webhooks.url,
    whenHealed: healed.promise,
    signal: givenUp.signal,
  });
  const errors: unknown[] = [];
  const strikes = carryOut(schedule, arena, (error) => errors.push(error));
  const round: Round = { options, arena, crowd, strikes };
  const startedAtMs = performance.now();
  const elapsed = () => `${((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(4)} s`;
  const progress = setInterval(() => say(`${elapsed()}  ${describeProgress(round)}`), PROGRESS_MS);
  const releases = setInterval(() => void releaseStalls(arena).catch(() => {}), PROGRESS_MS);
  let store: Store | undefined;
  try {
    await sleep(durationMs, signal);
    crowd.stop();
    await inTime("heal", HEAL_TIMEOUT_MS, strikes.stop(), signal);
    healed.resolve();
    say(`${elapsed()}  the faults are over, all is up again`);
    store = await openStore({ address: parseRedisAddress(arena.redis.url), failFast: false });
    const late = await comeToRest(round, store);
    say(`${elapsed()}  ${late === "" ? "at rest" : `not at rest: ${late}`}`);
    if (errors.length > 0) throw new AggregateError(errors, "the suite itself failed to strike");
    const breaches = await hearWitnesses(round, store, late);
    return {
      breaches,
      summary: await describeSummary(round, store, breaches),
      failure: breaches.length === 0 ? "" : await describeFailure(round, store, breaches),
    };
  } finally {
    clearInterval(progress);
    clearInterval(releases);
    crowd.stop();
    strikes.cancel();
    givenUp.abort();
    healed.resolve();
    await store?.close();
    await arena.close();
    if (options.logFile !== undefined) await writeFile(options.logFile, allLogs(arena));
  }
}

function allLogs({ api, workers }: Arena): string {
  return [api, ...workers]
    .flatMap((each) => each.log().map((line) => ({ from: each.name, line })))
    .sort((a, b) => String(a.line.time).localeCompare(String(b.line.time)))
    .map(({ from, line }) => `${JSON.stringify({ from, ...line })}\n`)
    .join("");
}
