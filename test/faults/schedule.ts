/**
 * What will be broken, when and for how long: drawn from the seed before anything starts, so that it can be read
 * first and had again. One thing is broken in one way at a time, but different things break together.
 */
import type { Thaw } from "./chaos-proxy.ts";
import type { Random } from "./random.ts";

export type Strike = { atMs: number } & (
  | { kind: "kill" | "terminate"; target: string; downMs: number }
  /** SIGSTOP, then SIGCONT: past its locks it comes back as a zombie. */
  | { kind: "pause"; target: string; forMs: number }
  | { kind: "kill-redis"; downMs: number }
  | { kind: "pause-redis"; forMs: number }
  | { kind: "drop-replies"; target: string; count: number }
  | { kind: "cut"; target: string; choice: number }
  | { kind: "silence"; target: string; choice: number; forMs: number; thaw: Thaw }
  | { kind: "partition"; target: string; forMs: number; thaw: Thaw }
  /** Model replies that stand still go on. */
  | { kind: "release-stalls" }
);
export type StrikeKind = Strike["kind"];

export type ScheduleOptions = {
  durationMs: number;
  /** Names of the processes; only workers are paused. */
  workers: readonly string[];
  api: string;
  /** What a worker's lock lasts: pauses and silences are chosen to outlast it, mostly. */
  lockMs: number;
};

/** A shuffled deck: each kind comes in its turn before the deck begins anew, so even a short run sees most. */
const deck: readonly StrikeKind[] = [
  "kill",
  "drop-replies",
  "pause",
  "kill-redis",
  "silence",
  "terminate",
  "drop-replies",
  "kill",
  "partition",
  "cut",
  "pause-redis",
  "terminate",
  "silence",
];
const MEAN_GAP_MS = 1100;
const FIRST_MS = 700;
const RELEASE_EVERY_MS = 3500;
const LONGEST_REDIS_PAUSE_MS = 10_000;
/** The api is struck more seldom than a worker: while it is away no task comes in, and faults strike at nothing. */
const API_SHARE = 0.15;
/** After its return a process gets this long to work before it is broken again. */
const RECOVERY_MS = 1500;

export function planStrikes(random: Random, options: ScheduleOptions): Strike[] {
  const { durationMs } = options;
  const busyUntilMs = new Map<string, number>();
  const strikes: Strike[] = [];
  let cards: StrikeKind[] = [];
  for (let atMs = FIRST_MS; atMs < durationMs; atMs += random.whole(MEAN_GAP_MS * 0.4, MEAN_GAP_MS * 1.6)) {
    if (cards.length === 0) cards = random.shuffled(deck);
    const strike = drawStrike(cards[0] ?? "kill", atMs, random, options, busyUntilMs);
    // What it would have struck is broken already: the card is kept for the next gap.
    if (strike === undefined) continue;
    cards.shift();
    strikes.push(strike);
  }
  for (let atMs = RELEASE_EVERY_MS; atMs < durationMs; atMs += RELEASE_EVERY_MS)
    strikes.push({ atMs, kind: "release-stalls" });
  return strikes.sort((a, b) => a.atMs - b.atMs);
}

function drawStrike(
  kind: StrikeKind,
  atMs: number,
  random: Random,
  options: ScheduleOptions,
  busyUntilMs: Map<string, number>,
): Strike | undefined {
  const take = (names: readonly string[], lastsMs: number): string | undefined => {
    const free = names.filter((name) => (busyUntilMs.get(name) ?? 0) <= atMs);
    if (free.length === 0) return undefined;
    const name = random.pick(free);
    busyUntilMs.set(name, atMs + lastsMs + RECOVERY_MS);
    return name;
  };
  const { workers, api, lockMs, durationMs } = options;
  const anyOf = random.chance(API_SHARE) ? [api] : workers;
  const pastLockMs = () => Math.round(lockMs * (0.6 + random.next() * 2.4));
  const thaw = () => random.pick<Thaw>(["late", "cut"]);
  switch (kind) {
    case "kill":
    case "terminate": {
      const downMs = random.whole(100, 2500);
      const target = take(anyOf, downMs);
      return target === undefined ? undefined : { atMs, kind, target, downMs };
    }
    case "pause": {
      const forMs = pastLockMs();
      const target = take(workers, forMs);
      return target === undefined ? undefined : { atMs, kind, target, forMs };
    }
    case "kill-redis": {
      const downMs = random.whole(50, 3000);
      return take(["redis"], downMs) === undefined ? undefined : { atMs, kind, downMs };
    }
    case "pause-redis": {
      const longestMs = Math.min(LONGEST_REDIS_PAUSE_MS, Math.max(1000, durationMs / 5));
      const forMs = random.whole(500, Math.round(longestMs));
      return take(["redis"], forMs) === undefined ? undefined : { atMs, kind, forMs };
    }
    case "drop-replies":
      return { atMs, kind, target: random.pick(anyOf), count: random.whole(1, 6) };
    case "cut":
      return { atMs, kind, target: random.pick(anyOf), choice: random.next() };
    case "silence":
      return {
        atMs,
        kind,
        target: random.pick(anyOf),
        choice: random.next(),
        forMs: pastLockMs(),
        thaw: thaw(),
      };
    case "partition":
      return { atMs, kind, target: random.pick(anyOf), forMs: pastLockMs(), thaw: thaw() };
    case "release-stalls":
      return { atMs, kind };
  }
}

export function describeStrike(strike: Strike): string {
  const { atMs, kind, ...rest } = strike;
  const details = Object.entries(rest).map(([name, value]) =>
    name === "target" ? String(value) : name === "choice" ? "" : `${name} ${value}`,
  );
  return `${(atMs / 1000).toFixed(1).padStart(6)} s  ${[kind, ...details.filter((part) => part !== "")].join(", ")}`;
}
