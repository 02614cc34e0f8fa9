/**
 * How one worker's concurrency is shared between its lanes: what a higher lane does not use goes to the lower ones,
 * and each lane keeps a reserve that no higher lane can take, so that none of them starves. The reserves stand
 * above the concurrency: a worker may hold that many tasks more.
 */
import type { Lane } from "./queue.ts";

const RESERVE_SHARE = 0.1;

export type LaneShares = {
  /** Counts the lane as busy while `work` runs. */
  during<T>(lane: Lane, work: () => Promise<T>): Promise<T>;
  /** Tells the lane's share, now and at each change. */
  onChange(lane: Lane, tell: (concurrency: number) => void): void;
};

/** `lanes` from the highest to the lowest. */
export function shareSeats(lanes: readonly Lane[], concurrency: number): LaneShares {
  const reserve = Math.max(1, Math.floor(concurrency * RESERVE_SHARE));
  const busy = new Map<Lane, number>(lanes.map((lane) => [lane, 0]));
  const told = new Map<Lane, number>();
  const tellers = new Map<Lane, (concurrency: number) => void>();

  function balance(): void {
    let left = concurrency;
    for (const lane of lanes) {
      const share = Math.max(reserve, left);
      if (told.get(lane) !== share) {
        told.set(lane, share);
        tellers.get(lane)?.(share);
      }
      left -= busy.get(lane) ?? 0;
    }
  }

  function count(lane: Lane, by: 1 | -1): void {
    busy.set(lane, (busy.get(lane) ?? 0) + by);
    balance();
  }

  return {
    async during(lane, work) {
      count(lane, 1);
      try {
        return await work();
      } finally {
        count(lane, -1);
      }
    },
    onChange(lane, tell) {
      tellers.set(lane, tell);
      told.delete(lane);
      balance();
    },
  };
}
