/** Medians and percentiles of what was measured; nothing is averaged, since one bad moment must not count for all. */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The nearest rank: a value that was really measured. Throws a RangeError for no values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("nothing was measured");
  return value;
}

/** `low–high`, for the note beside a median. */
export function spread(values: readonly number[], digits = 0): string {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
