/**
 * The rescue loops. Each runs in every worker: what a sweeper does is decided by a script, so two at once do no
 * harm, and a fleet of which any worker lives is a fleet whose alarms ring.
 */
import type { Log } from "@pawl/service";
import {
  redisNowMs,
  type Store,
  sweepArchive,
  sweepDeliveries,
  sweepDue,
  sweepLines,
  sweepOwed,
  sweepRetention,
  sweepSeats,
  sweepUsage,
  sweepVanished,
  type VanishedCursors,
} from "@pawl/store";

/** What the configuration has to say. */
export type SweepTerms = {
  /** In which the days of reports are counted: the one that `/v1/usage` is asked in. */
  timeZone: string;
};

type Sweeper = {
  name: string;
  everyMs: number;
  /** Returns how much was done; one that may take long begins nothing more once `stop` is aborted. */
  sweep: (store: Store, nowMs: number, stop: AbortSignal, terms: SweepTerms) => Promise<number>;
};

const vanishedCursors: VanishedCursors = new Map();

const sweepers: readonly Sweeper[] = [
  { name: "due", everyMs: 500, sweep: sweepDue },
  { name: "owed", everyMs: 1000, sweep: sweepOwed },
  { name: "deliveries", everyMs: 500, sweep: sweepDeliveries },
  { name: "lines", everyMs: 5000, sweep: sweepLines },
  { name: "seats", everyMs: 5000, sweep: sweepSeats },
  { name: "vanished", everyMs: 5000, sweep: (store, nowMs) => sweepVanished(store, nowMs, vanishedCursors) },
  {
    name: "archive",
    everyMs: 1000,
    sweep: (store, nowMs, signal) => sweepArchive(store, nowMs, { signal }),
  },
  {
    name: "usage",
    everyMs: 2000,
    sweep: (store, _nowMs, signal, { timeZone }) => sweepUsage(store, { timeZone, signal }),
  },
  { name: "retention", everyMs: 60_000, sweep: sweepRetention },
];

/** Starts them; the returned function stops them and waits for those under way. */
export function startSweepers(
  store: Store,
  log: Log,
  terms: SweepTerms = { timeZone: "UTC" },
): () => Promise<void> {
  const loops = sweepers.map((sweeper) => loop(store, sweeper, log, terms));
  return async () => {
    await Promise.all(loops.map((stop) => stop()));
  };
}

function loop(
  store: Store,
  { name, everyMs, sweep }: Sweeper,
  log: Log,
  terms: SweepTerms,
): () => Promise<void> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let current = Promise.resolve();
  const run = async () => {
    try {
      const done = await sweep(store, await redisNowMs(store), stop.signal, terms);
      if (done > 0) log.debug("swept", { sweeper: name, done });
    } catch (error) {
      log.warn("a sweep failed and will be repeated", { sweeper: name, error });
    }
    schedule();
  };
  const schedule = () => {
    if (stop.signal.aborted) return;
    // Spread, so that the workers of a fleet do not sweep in step.
    timer = setTimeout(
      () => {
        current = run();
      },
      everyMs * (0.8 + Math.random() * 0.4),
    );
  };
  schedule();
  return async () => {
    stop.abort();
    clearTimeout(timer);
    await current;
  };
}
