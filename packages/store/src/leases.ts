/**
 * A worker's right to its jobs, renewed and watched here and not by BullMQ: its renewal waits in silence on a dead
 * connection while another worker takes the job over. A lease counts from the moment its last granted renewal was
 * *sent*, by a clock that does not jump; it is given up before Redis can give the job to somebody else.
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

type Kept = { token: string; sentAtMs: number };

/** Renewals per lock's life: a lost one leaves time for two more. */
const RENEWALS = 3.3;
/** The share of the lock's life after which a lease that was not renewed is given up. */
const GIVE_UP_AFTER = 0.85;
const WATCHES = 20;

export function openLeases(deps: LeaseDeps): Leases {
  const { lockDurationMs, onLost } = deps;
  const nowMs = deps.nowMs ?? (() => performance.now());
  const leases = new Map<string, Kept>();
  const expired = ({ sentAtMs }: Kept) => nowMs() - sentAtMs > lockDurationMs * GIVE_UP_AFTER;
  let renewing = false;

  function lose(jobId: string): void {
    if (leases.delete(jobId)) onLost(jobId);
  }

  async function renewAll(): Promise<void> {
    if (renewing || leases.size === 0) return;
    renewing = true;
    const sent = [...leases];
    const sentAtMs = nowMs();
    try {
      const ids = sent.map(([jobId]) => jobId);
      const gone = new Set(
        await deps.renew(
          ids,
          sent.map(([, { token }]) => token),
        ),
      );
      for (const [jobId, lease] of sent) {
        // The job may have ended, and another start of it begun, while the reply travelled.
        if (leases.get(jobId) !== lease) continue;
        if (gone.has(jobId)) lose(jobId);
        else lease.sentAtMs = sentAtMs;
      }
    } catch (error) {
      deps.onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      renewing = false;
    }
  }

  function watch(): void {
    for (const [jobId, lease] of leases) if (expired(lease)) lose(jobId);
  }

  const renewal = setInterval(renewAll, lockDurationMs / RENEWALS);
  const watchdog = setInterval(watch, lockDurationMs / WATCHES);
  return {
    take(jobId, token, ageMs) {
      const kept: Kept = { token, sentAtMs: nowMs() - Math.max(0, ageMs) };
      leases.set(jobId, kept);
      const isCurrent = () => leases.get(jobId) === kept;
      return {
        holds: () => isCurrent() && !expired(kept),
        drop() {
          if (isCurrent()) leases.delete(jobId);
        },
      };
    },
    close() {
      clearInterval(renewal);
      clearInterval(watchdog);
    },
  };
}
