/**
 * What the agent needs of the world to perform a task durably. The worker hands it in; the agent knows neither
 * Redis nor the queue. One step at a time: the recorder serialises what concurrent calls want to say.
 */
import type {
  Event,
  NewEvent,
  SpentOn,
  StopReason,
  TerminalStatus,
  TokenUsage,
  WaitingFor,
} from "@pawl/protocol";

export type Where =
  | { to: "running" }
  /** Given back to the queue, to be taken up elsewhere. */
  | { to: "queued"; lane?: "quarantine" }
  /** `uncounted`: attempts that came to nothing for no fault of the task's own. */
  | { to: "waiting"; for: WaitingFor; afterMs?: number; uncounted?: number }
  | { to: TerminalStatus; stopReason: StopReason };

export type Settled = {
  hold: string;
  nanoUsd: number;
  spentOn: SpentOn;
  usage?: TokenUsage;
  unconfirmed?: boolean;
};

export type Record = {
  /** Appended in every case. */
  facts: readonly NewEvent[];
  /** Ended calls and what they cost. */
  settled: readonly Settled[];
  /** Money for the next calls, all or nothing, and the events that say they are asked for. */
  next?: {
    holds: readonly { hold: string; nanoUsd: number; spentOn: SpentOn }[];
    /** Kept beside it, so that one last turn can be paid whatever others spend; replaces what was kept before. */
    reserveNanoUsd: number;
    leastNanoUsd: number;
    /** false: not worth waiting for others' money; refused as `spent`. */
    mayWait?: boolean;
    events: readonly NewEvent[];
  };
  /** Where the step leaves the task; not applied where the money is refused. */
  where: Where;
};

export type Recorded =
  /**
   * spent: some account cannot pay, `freeNanoUsd` is what it could. parked: others hold the money, wait. `soft`: a soft
   * limit of some account is reached.
   */
  | { kind: "done" | "spent" | "parked"; freeNanoUsd: number; soft: boolean; others: Event[] }
  /** The task is no longer ours: whatever we still do for it is in vain. */
  | { kind: "lost" };

export type Recorder = (record: Record) => Promise<Recorded>;
