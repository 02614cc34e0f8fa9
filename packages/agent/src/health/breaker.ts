/**
 * One circuit breaker: closed, it lets every call through and counts; open, none, for a while that grows; then one probe
 * at a time decides. Counting and states are cockatiel's; it is fed with how calls ended, and not run around them, since
 * a call that was let through may turn out not to be made.
 *
 * One task alone opens nothing where `tasks` is 2: what always fails may be its own fault, and its tries are counted.
 */
import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  type IBreaker,
  SamplingBreaker,
} from "cockatiel";

export type BreakerPolicy = {
  /** So many failures in a row open it; or half of the calls in ten seconds, where there were at least twenty. */
  failures: number;
  /** Of at least so many different tasks. */
  tasks: number;
  /** How long it is open before a probe; doubled after each probe that fails. */
  openMs: number;
  openAtMostMs: number;
};

export type Entry = { kind: "go"; probe: boolean } | { kind: "open"; dueInMs: number };

export type Breaker = {
  admit(): Entry;
  /** How a call ended that was let through. `whose`: the task's id. */
  failed(whose: string, probe: boolean): Promise<void>;
  answered(probe: boolean): Promise<void>;
  /** It was not made, or nobody knows how it ended. */
  forgotten(probe: boolean): void;
  /** Somebody else knows that it must be open, or closed. */
  trip(): Promise<void>;
  reset(): void;
  isOpen(): boolean;
  /** ms until a probe may be made; 0: it is closed, or one is due. */
  dueInMs(): number;
  /** Failures since the last answer. */
  failuresInARow(): number;
};

const SAMPLED_MS = 10_000;
const SAMPLED_CALLS_PER_S = 2;
const REMEMBERED_MS = 60_000;

export function createBreaker(policy: BreakerPolicy, nowMs: () => number): Breaker {
  let dueAtMs = 0;
  let probingSinceMs: number | undefined;
  const onOpen = (waitMs: number) => {
    dueAtMs = nowMs() + waitMs;
  };
  let counts = countFailures(policy, nowMs);
  let circuit = openCircuit(policy, counts, onOpen);

  const isOpen = () => circuit.state !== CircuitState.Closed;

  function dueInMs(): number {
    if (!isOpen()) return 0;
    const now = nowMs();
    // A probe that hangs must not keep the others waiting: after a while there is another.
    const isProbing = probingSinceMs !== undefined && now - probingSinceMs < policy.openAtMostMs;
    return Math.max(0, dueAtMs - now, isProbing ? policy.openMs : 0);
  }

  async function feed(isFailure: boolean): Promise<void> {
    const fed = circuit.execute(() => (isFailure ? Promise.reject(new Error("failed")) : undefined));
    await fed.catch(() => {});
  }

  return {
    admit() {
      if (!isOpen()) return { kind: "go", probe: false };
      const waitMs = dueInMs();
      if (waitMs > 0) return { kind: "open", dueInMs: waitMs };
      probingSinceMs = nowMs();
      return { kind: "go", probe: true };
    },
    dueInMs,
    async failed(whose, probe) {
      if (probe) probingSinceMs = undefined;
      // What was begun before it opened says nothing of now.
      if (isOpen() && !probe) return;
      counts.blame(whose);
      await feed(true);
    },
    async answered(probe) {
      if (probe) probingSinceMs = undefined;
      if (isOpen() && !probe) return;
      if (probe || counts.inARow() > 0 || counts.isSampling()) await feed(false);
    },
    forgotten(probe) {
      if (probe) probingSinceMs = undefined;
    },
    async trip() {
      if (isOpen()) return;
      counts.force();
      await feed(true);
    },
    reset() {
      if (!isOpen()) return;
      counts = countFailures(policy, nowMs);
      circuit = openCircuit(policy, counts, onOpen);
      probingSinceMs = undefined;
    },
    isOpen,
    failuresInARow: () => counts.inARow(),
  };
}

/** The half-open state begins exactly when we have let a probe through, so cockatiel's own clock must not be later. */
const CLOCK_SLACK_MS = 5;

function openCircuit(
  { openMs, openAtMostMs }: BreakerPolicy,
  breaker: IBreaker,
  onOpen: (waitMs: number) => void,
) {
  let waitMs = openMs;
  const wait = (ms: number) => ({
    duration: Math.max(0, ms - CLOCK_SLACK_MS),
    next() {
      waitMs = Math.min(ms * 2, openAtMostMs);
      return wait(waitMs);
    },
  });
  const halfOpenAfter = {
    next() {
      waitMs = openMs;
      return wait(openMs);
    },
  };
  const circuit = circuitBreaker(handleAll, { breaker, halfOpenAfter });
  circuit.onBreak(() => onOpen(waitMs));
  return circuit;
}

type FailureCount = IBreaker & {
  blame(whose: string): void;
  /** The next failure opens it, whatever was counted. */
  force(): void;
  inARow(): number;
  /** Answers are worth counting: there were failures not long ago. */
  isSampling(): boolean;
};

function countFailures({ failures, tasks }: BreakerPolicy, nowMs: () => number): FailureCount {
  const consecutive = new ConsecutiveBreaker(failures);
  const sampled = new SamplingBreaker({
    threshold: 0.5,
    duration: SAMPLED_MS,
    minimumRps: SAMPLED_CALLS_PER_S,
  });
  /** Tasks that failed of late, the longest ago first. */
  const blamed = new Map<string, number>();
  let newestAtMs = Number.NEGATIVE_INFINITY;
  let forced = false;
  return {
    state: undefined,
    success(state) {
      consecutive.success();
      sampled.success(state);
    },
    failure(state) {
      // Both count, whatever the other says.
      const [inARow, ofMany] = [consecutive.failure(), sampled.failure(state)];
      const opens = forced || ((inARow || ofMany) && blamed.size >= tasks);
      forced = false;
      return opens;
    },
    blame(whose) {
      const now = nowMs();
      newestAtMs = now;
      blamed.delete(whose);
      blamed.set(whose, now);
      for (const [task, atMs] of blamed) {
        if (now - atMs < REMEMBERED_MS) break;
        blamed.delete(task);
      }
    },
    force() {
      forced = true;
    },
    inARow: () => consecutive.state,
    isSampling: () => nowMs() - newestAtMs < SAMPLED_MS,
  };
}
