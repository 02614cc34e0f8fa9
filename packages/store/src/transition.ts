/** Where a step leaves its task: running on, handed back to the queue, parked, or ended. */
import { deadlineStandsStill, type StopReason, type TerminalStatus, type WaitingFor } from "@pawl/protocol";
import type { ScriptArgument } from "./scripts.ts";

export type Transition =
  | { to: "running" }
  | { to: "queued"; lane?: "quarantine" }
  /** `uncounted`: attempts that came to nothing for no fault of the task's own. */
  | { to: "waiting"; for: WaitingFor; afterMs?: number | undefined; uncounted?: number | undefined }
  | { to: TerminalStatus; stopReason: StopReason; deliveryId: string };

export function transitionArguments(transition: Transition, retentionMs: number): ScriptArgument[] {
  switch (transition.to) {
    case "running":
      return [""];
    case "queued":
      return ["queued", transition.lane ?? ""];
    case "waiting":
      return [
        "waiting",
        transition.for,
        transition.afterMs ?? "",
        deadlineStandsStill(transition.for) ? 1 : 0,
        transition.uncounted ?? 0,
      ];
    default:
      return [transition.to, transition.stopReason, transition.deliveryId, retentionMs];
  }
}
