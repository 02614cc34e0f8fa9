/**
 * A worker's right to its jobs, renewed and watched here and not by BullMQ: its renewal waits in silence on a dead
 * connection while another worker takes the job over. A lease counts from the moment its last granted renewal was
 * *sent*, by a clock that does not jump; it is given up before Redis can give the job to somebody else.
 *
 * Ten thousand locks in one call would hold Node and Redis for tens of milliseconds. They are asked for in slices,
 * which come to lie evenly over the time in which each lock is due once. No slice waits for another's reply: where
 * the event loop is busy each reply takes long, and the last of many slices would come too late.
 */
import { performance } from "node:perf_hooks";

export type LeaseDeps = {
  lockDurationMs: number;
  /** Extends the locks; resolves with the ids whose lock was gone. */
  renew: (jobIds: string[], tokens: string[]) => Promise<string[]>;
  /** Told once of each lease that was given up or found gone. */
  onLost: (jobId: string) => void;
  onError: (error: Error) => void;
  nowMs?: () => number;
};

/** One start of a job. Another start of it in the same process has another lease, and this one is over. */
export type Lease = {
  /** Whether the job is still ours: to be asked right before an effect, as timers are late after a pause. */
  holds(): boolean;
  drop(): void;
};

export type Leases = {
  /** `ageMs`: how long ago the lock was asked for. */
  take(jobId: string, token: string, ageMs: number): Lease;
  close(): void;
};

type Kept = {
  token: string;
  /** When the lock was last asked for, granted or not. */
  askedAtMs: number;
  /** No reply yet. On a dead connection there will be none, and asking again is of no use. */
  asking: boolean;
  /** When what was granted was asked for: from there the lease counts. */
  sentAtMs: number;
};

/** The share of the lock's life after which a lease that was not renewed is given up. */
const GIVE_UP_AFTER = 0.85;
/**
 * Renewals per lock's life: a lost one leaves time for two more, and a pause that comes at the worst moment may still
 * take 0.63 of that life (0.85 less a renewal and a tick): three seconds of five.
 */
const RENEWALS = 5;
const TICKS_PER_RENEWAL = 10;
/** Locks in one call: Redis is held for 2 ms, and serves others before the next. */
const SLICE = 500;

export function openLeases(deps: LeaseDeps): Leases {
  const { lockDurationMs, onLost } = deps;
  const nowMs = deps.nowMs ?? (() => performance.now());
  const renewEveryMs = lockDurationMs / RENEWALS;
  /** Those that were not asked for longest come first. */
  const leases = new Map<string, Kept>();
  const expired = ({ sentAtMs }: Kept) => nowMs() - sentAtMs > lockDurationMs * GIVE_UP_AFTER;

  function lose(jobId: string): void {
    if (leases.delete(jobId)) onLost(jobId);
  }

  function tick(): void {
    const now = nowMs();
    // What falls due together stays together for ever, unless some of it is always asked for before its time.
    const share = Math.floor(leases.size / TICKS_PER_RENEWAL);
    const due: [string, Kept][] = [];
    const early: [string, Kept][] = [];
    for (const [jobId, lease] of leases) {
      const ageMs = now - lease.askedAtMs;
      if (expired(lease)) lose(jobId);
      else if (lease.asking) continue;
      else if (ageMs >= renewEveryMs) due.push([jobId, lease]);
      else if (early.length < share && ageMs >= renewEveryMs / 2) early.push([jobId, lease]);
    }
    const wanted = [...due, ...early.slice(0, Math.max(0, share - due.length))];
    for (let i = 0; i < wanted.length; i += SLICE) void renew(wanted.slice(i, i + SLICE));
  }

  async function renew(slice: [string, Kept][]): Promise<void> {
    const askedAtMs = nowMs();
    for (const [jobId, lease] of slice) {
      lease.askedAtMs = askedAtMs;
      lease.asking = true;
      leases.delete(jobId);
      leases.set(jobId, lease);
    }
    try {
      const ids = slice.map(([jobId]) => jobId);
      const tokens = slice.map(([, { token }]) => token);
      const gone = new Set(await deps.renew(ids, tokens));
      for (const [jobId, lease] of slice) {
        // The job may have ended, and another start of it begun, while the reply travelled.
        if (leases.get(jobId) !== lease) continue;
        if (gone.has(jobId)) lose(jobId);
        else lease.sentAtMs = askedAtMs;
      }
    } catch (error) {
      deps.onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      for (const [, lease] of slice) lease.asking = false;
    }
  }

  const timer = setInterval(tick, renewEveryMs / TICKS_PER_RENEWAL);
  return {
    take(jobId, token, ageMs) {
      const sentAtMs = nowMs() - Math.max(0, ageMs);
      const kept: Kept = { token, askedAtMs: sentAtMs, asking: false, sentAtMs };
      leases.delete(jobId);
      leases.set(jobId, kept);
      const isCurrent = () => leases.get(jobId) === kept;
      return {
        holds: () => isCurrent() && !expired(kept),
        drop() {
          if (isCurrent()) leases.delete(jobId);
        },
      };
    },
    close: () => clearInterval(timer),
  };
}
