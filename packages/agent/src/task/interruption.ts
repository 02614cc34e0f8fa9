/** Why a task's work is broken off from outside while it runs. Travels as the reason of an AbortSignal. */
export type InterruptionKind =
  /** The worker is going: hand the task back. */
  | "shutdown"
  /** `timeout_ms` is over. */
  | "deadline"
  /** The worker's lease lapsed or was about to: somebody else may take the task at any moment. */
  | "lease_lost"
  /** Cancelled, or taken over by another worker: nothing we do counts any more. */
  | "lost";

export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly kind: InterruptionKind;
  constructor(kind: InterruptionKind) {
    super(`interrupted: ${kind}`);
    this.kind = kind;
  }
}

/** The interruption that aborted the signal, if one did. */
export function interruptionOf(signal: AbortSignal): Interruption | undefined {
  return signal.aborted && signal.reason instanceof Interruption ? signal.reason : undefined;
}
