/**
 * Where a moment stands on the axis. Work is drawn to scale; a time in which nothing was done (a night's wait for a
 * reply, a backoff) is folded to a narrow strip, so that one can see both without losing either.
 */
export type Piece = {
  fromMs: number;
  toMs: number;
  /** Share of the axis, 0 to 1. */
  from: number;
  to: number;
  isFolded: boolean;
};

export type TimeScale = { pieces: readonly Piece[]; at(ms: number): number; hasFolds: boolean };

/** A fold's share of the axis. */
const FOLD_SHARE = 0.035;
/** Idle time is folded when it is longer than this share of all work, and than a second. */
const LEAST_IDLE_SHARE = 0.25;
const LEAST_IDLE_MS = 1_000;
/** More folds than this would leave no room for work. */
const MOST_FOLDS = 12;

export function timeScale(
  spans: readonly { startMs: number; endMs: number }[],
  { startMs, endMs, fold }: { startMs: number; endMs: number; fold: boolean },
): TimeScale {
  const whole = Math.max(1, endMs - startMs);
  const hasWork = spans.some((span) => span.endMs > span.startMs);
  const idle = fold && hasWork ? longIdleTimes(spans, startMs, endMs) : [];
  const work = whole - idle.reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0);
  const workShare = 1 - idle.length * FOLD_SHARE;
  const pieces: Piece[] = [];
  let at = startMs;
  let share = 0;
  const add = (toMs: number, isFolded: boolean) => {
    if (toMs <= at && !isFolded) return;
    const size = isFolded ? FOLD_SHARE : ((toMs - at) / Math.max(1, work)) * workShare;
    pieces.push({ fromMs: at, toMs, from: share, to: share + size, isFolded });
    at = toMs;
    share += size;
  };
  for (const gap of idle) {
    add(gap.fromMs, false);
    add(gap.toMs, true);
  }
  add(startMs + whole, false);
  return { pieces, hasFolds: idle.length > 0, at: (ms) => place(pieces, ms) };
}

function place(pieces: readonly Piece[], ms: number): number {
  // Few pieces: looked through from the front.
  const piece = pieces.find(({ toMs }) => ms <= toMs) ?? pieces.at(-1);
  if (piece === undefined) return 0;
  const share = (ms - piece.fromMs) / Math.max(1, piece.toMs - piece.fromMs);
  return piece.from + Math.min(1, Math.max(0, share)) * (piece.to - piece.from);
}

function longIdleTimes(spans: readonly { startMs: number; endMs: number }[], startMs: number, endMs: number) {
  const sorted = [...spans].sort((a, b) => a.startMs - b.startMs);
  const gaps: { fromMs: number; toMs: number }[] = [];
  let busyUntil = startMs;
  for (const span of sorted) {
    if (span.startMs > busyUntil) gaps.push({ fromMs: busyUntil, toMs: span.startMs });
    busyUntil = Math.max(busyUntil, span.endMs);
  }
  if (endMs > busyUntil) gaps.push({ fromMs: busyUntil, toMs: endMs });
  const idle = gaps.reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0);
  const least = Math.max(LEAST_IDLE_MS, (endMs - startMs - idle) * LEAST_IDLE_SHARE);
  return gaps
    .filter((gap) => gap.toMs - gap.fromMs > least)
    .sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))
    .slice(0, MOST_FOLDS)
    .sort((a, b) => a.fromMs - b.fromMs);
}

export type Tick = { at: number; ms: number };

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const LONG_STEPS_MS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400,
].map((seconds) => seconds * 1_000);

/** Round moments since the start in the part of the axis that is in view, far enough from each other to be read. */
export function ticksOf(
  scale: TimeScale,
  startMs: number,
  view: { from: number; to: number },
  most: number,
): Tick[] {
  const work = scale.pieces.filter(({ isFolded }) => !isFolded);
  const msPerShare = work.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const aim = (msPerShare * (view.to - view.from)) / most;
  const step =
    [...STEPS_MS, ...LONG_STEPS_MS].find((each) => each >= aim) ?? 86_400_000 * Math.ceil(aim / 86_400_000);
  const ticks: Tick[] = [];
  const least = (view.to - view.from) / (most * 1.4);
  for (const { fromMs, toMs } of work) {
    for (let ms = Math.ceil((fromMs - startMs) / step) * step; ms <= toMs - startMs; ms += step) {
      const at = scale.at(startMs + ms);
      if (at < view.from || at > view.to) continue;
      if (at - (ticks.at(-1)?.at ?? -1) >= least) ticks.push({ at, ms });
      if (ticks.length > most * 3) return ticks;
    }
  }
  return ticks;
}
