/**
 * When ten thousand answers come at one moment, what follows each of them must not be one turn of the event loop:
 * for seconds no lock would be renewed. So no more than some pieces of work are under way at once, in the order in
 * which they came; each round trip to Redis then ends a turn, and between turns the timers have theirs.
 */

/** Runs `work` once its place in the line is reached; settles as it does. */
export type Pace = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function openPace(mostAtOnce: number): Pace {
  let underWay = 0;
  // Read from `next` on: a shift would move all the others.
  let line: (() => void)[] = [];
  let next = 0;

  function leave(): void {
    const wake = line[next];
    if (wake === undefined) {
      underWay -= 1;
      return;
    }
    // The place goes from hand to hand: nobody can step in between.
    next += 1;
    if (next === line.length) {
      line = [];
      next = 0;
    }
    wake();
  }

  return async (work) => {
    if (underWay < mostAtOnce) underWay += 1;
    else await new Promise<void>((resolve) => void line.push(resolve));
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
