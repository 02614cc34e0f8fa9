/**
 * Turns that repeat the one `period` turns before. A turn is the set of what was asked and what came of it, so what is
 * asked twice in one turn counts once. For each period a run counts the turns in a row that did; the memory is as
 * long as the longest period.
 */

export type Repeats = {
  /** One call of the turn under way; the answer tells each period's run, were the turn to end here. */
  add(step: number): void;
  runOf(period: number): number;
  endTurn(): void;
  forget(): void;
};

export function createRepeats(longestPeriod: number): Repeats {
  let turns: Set<number>[] = [];
  let runs: number[] = [];
  let current = new Set<number>();

  const runNow = (period: number) => {
    const past = turns[turns.length - period];
    const same =
      past !== undefined && past.size === current.size && [...current].every((step) => past.has(step));
    return same ? (runs[period] ?? 0) + 1 : 0;
  };
  return {
    add: (step) => current.add(step),
    runOf: (period) => (current.size === 0 ? 0 : runNow(period)),
    endTurn() {
      if (current.size === 0) return;
      const ended = Array.from({ length: longestPeriod + 1 }, (_, period) =>
        period === 0 ? 0 : runNow(period),
      );
      runs = ended;
      turns = [...turns, current].slice(-longestPeriod);
      current = new Set();
    },
    forget() {
      [turns, runs, current] = [[], [], new Set()];
    },
  };
}
