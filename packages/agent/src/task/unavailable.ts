/**
 * No model can be asked now, and there is nothing to go around to. The task waits for one and holds nothing meanwhile:
 * no slot, no money, and no try of its own is counted.
 */
import { outageAttempts } from "@pawl/protocol";
import { type Outcome, type Run, record, remember } from "./run.ts";

export type Unavailable = { kind: "unavailable" | "busy"; retryAfterMs: number };

const messages: Record<Unavailable["kind"], string> = {
  unavailable: "The model is not available at the moment. The task goes on as soon as it is.",
  busy: "The provider's rate limit is reached. The task goes on as soon as there is room.",
};

export async function whenUnavailable(run: Run, { kind, retryAfterMs }: Unavailable): Promise<Outcome> {
  const afterMs = Math.max(0, Math.ceil(retryAfterMs));
  const uncounted = outageAttempts(run.state);
  remember(run, {
    type: "task.waiting",
    data: { for: "capacity", after_ms: afterMs, message: messages[kind] },
  });
  const recorded = await record(run, { where: { to: "waiting", for: "capacity", afterMs, uncounted } });
  return recorded.kind === "lost" ? "lost" : "waiting";
}
