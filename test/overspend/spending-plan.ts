/**
 * Who spends what, under which limits, and what breaks meanwhile: drawn from the seed before anything starts. Blows
 * fall when so much is spent, not after so much time, so that a slow machine sees the same.
 */
import type { ScenarioInput } from "../../apps/simulator/src/scenario.ts";
import type { Random } from "../faults/random.ts";
import { TENANT } from "../faults/round.ts";

export type ScopeName = "session" | "user" | "feature" | "tenant" | "global";
export type Window = "hour" | "day" | "month" | "total";

export type SharedLimit = {
  scope: ScopeName;
  id: string;
  window: Window;
  limitNanoUsd: number;
  /** Stands in the prompt of every task that pays from it; '' in all of them. */
  marker: string;
};

export type SpendingTask = {
  /** Stands in its prompt and in no other. */
  marker: string;
  body: Record<string, unknown>;
  ownLimitNanoUsd: number;
  /** Its own limit is small enough to stop it; else only a shared one can. */
  hasSmallLimit: boolean;
};

export type Blow = { atShare: number; downMs: number } & (
  | { kind: "kill"; worker: number }
  | { kind: "kill-redis" }
);

export type SpendingPlan = {
  limits: readonly SharedLimit[];
  tasks: readonly SpendingTask[];
  /** Sent when all others have come to their end. */
  lateTasks: readonly SpendingTask[];
  blows: readonly Blow[];
  scenario: ScenarioInput;
};

export type PlanOptions = { tasks: number; workers: number; kills: number; nowMs: number };

/** About what one call costs here: 512 tokens out, some 1,000 to 4,000 in. */
const CALL_NANO_USD = 11_000_000;
/** More than the worst case of any call here. */
const DEAREST_NANO_USD = 18_000_000;
/** So many of the dearest calls must fit into a limit, or 90 % of it cannot be told from all of it. */
export const LEAST_CALLS_PER_LIMIT = 25;
const AMPLE_NANO_USD = 10 * LEAST_CALLS_PER_LIMIT * CALL_NANO_USD;

export function planSpending(random: Random, options: PlanOptions): SpendingPlan {
  const { tasks: count, workers, kills, nowMs } = options;
  const draw = random.fork("tasks");
  const tasks = Array.from({ length: count }, (_, i) => planTask(draw, i + 1, "ann"));
  // Somebody else pays from the same tenant, and from nothing of hers.
  const others = Array.from({ length: Math.ceil(count / 10) }, (_, i) =>
    planTask(draw, count + i + 1, "ben"),
  );
  const lateTasks = Array.from({ length: 4 }, (_, i) => planTask(draw, 2 * count + i + 1, "ann"));
  return {
    limits: planLimits(random.fork("limits"), count, nowMs),
    tasks: draw.shuffled([...tasks, ...others]),
    lateTasks,
    blows: planBlows(random.fork("blows"), workers, kills),
    scenario: planModel(random.fork("model")),
  };
}

function planTask(random: Random, number: number, user: string): SpendingTask {
  const marker = `#${number}.`;
  const inFeature = user === "ann" && random.chance(0.7);
  const inSession = user === "ann" && random.chance(0.35);
  const hasSmallLimit = random.chance(0.15);
  const ownLimitNanoUsd = hasSmallLimit ? random.whole(3, 6) * CALL_NANO_USD : AMPLE_NANO_USD;
  const markers = [
    marker,
    `U-${user}.`,
    ...(inFeature ? ["F-looking."] : []),
    ...(inSession ? ["S-talk."] : []),
  ];
  return {
    marker,
    ownLimitNanoUsd,
    hasSmallLimit,
    body: {
      input: `${markers.join(" ")} Look up what there is.`,
      agent: "spender",
      user,
      ...(inFeature ? { feature: "looking" } : {}),
      ...(inSession ? { session_id: "talk" } : {}),
      budget: { max_cost_usd: ownLimitNanoUsd / 1e9, max_turns: random.whole(3, 9) },
    },
  };
}

/** The tightest is a fraction of what the tasks would like to spend; the others are wider, one by a hair. */
function planLimits(random: Random, tasks: number, nowMs: number): SharedLimit[] {
  const wanted = tasks * 5 * CALL_NANO_USD;
  const least = LEAST_CALLS_PER_LIMIT * DEAREST_NANO_USD;
  const tight = Math.max(least, Math.round(wanted * (0.15 + random.next() * 0.1)));
  const scopes = [
    { scope: "user", id: "ann", window: "day", marker: "U-ann." },
    { scope: "feature", id: "looking", window: "hour", marker: "F-looking." },
    { scope: "session", id: "talk", window: "total", marker: "S-talk." },
    { scope: "tenant", id: TENANT, window: "month", marker: "" },
    { scope: "global", id: "global", window: "day", marker: "" },
  ] as const;
  // Who has a part of the tasks only must have a part of the money, too, or its limit would never bind.
  const partOf = { user: 0.9, feature: 0.55, session: 0.25, tenant: 1, global: 1 };
  return random.shuffled(scopes).map(({ scope, id, window, marker }, place) => {
    const factor = place === 0 ? 1 : 1.02 + (place - 1) * 0.15 + random.next() * 0.1;
    const limitNanoUsd = Math.max(least, Math.round(tight * factor * partOf[scope]));
    return { scope, id, window: lasting(window, nowMs), limitNanoUsd, marker };
  });
}

/** Longer than a run lasts. Windows turn by UTC here: the configuration names no other zone. */
const RUN_MS = 15 * 60_000;

/** The window, or the next longer one where it would turn before the run is over. */
function lasting(window: Window, nowMs: number): Window {
  const [now, then] = [new Date(nowMs), new Date(nowMs + RUN_MS)];
  if (window === "hour" && now.getUTCHours() !== then.getUTCHours()) return lasting("day", nowMs);
  if (window === "day" && now.getUTCDate() !== then.getUTCDate()) return lasting("month", nowMs);
  if (window === "month" && now.getUTCMonth() !== then.getUTCMonth()) return "total";
  return window;
}

function planBlows(random: Random, workers: number, kills: number): Blow[] {
  const share = () => 0.05 + random.next() * 0.75;
  const blows: Blow[] = Array.from({ length: kills }, () => ({
    kind: "kill",
    worker: random.whole(0, workers - 1),
    atShare: share(),
    downMs: random.whole(100, 1500),
  }));
  blows.push({ kind: "kill-redis", atShare: 0.3 + random.next() * 0.3, downMs: random.whole(100, 1500) });
  return blows.sort((a, b) => a.atShare - b.atShare);
}

/** Answers at different speeds, and failures of which some are billed and some are not. */
function planModel(random: Random): ScenarioInput {
  const kinds = [
    { kind: "status", status: 429, retry_after_ms: 300 },
    { kind: "status", status: 529 },
    { kind: "status", status: 500 },
    { kind: "reset" },
    { kind: "cut" },
    { kind: "clean_eof" },
    { kind: "sse_error" },
  ] as const;
  const failures = Array.from({ length: 8 }, () => ({
    match: { turn: random.whole(1, 4) },
    fault: random.pick(kinds),
    brain: "curious" as const,
    latency_ms: random.whole(20, 400),
  }));
  const turns = Array.from({ length: 12 }, (_, i) => ({
    match: { turn: i + 1 },
    brain: "curious" as const,
    latency_ms: random.whole(60, 700),
    times: -1,
  }));
  const bytes_per_token = random.pick([1, 1, 2, 4]);
  return { default: "curious", billing: { mode: "worst", bytes_per_token }, steps: [...failures, ...turns] };
}
