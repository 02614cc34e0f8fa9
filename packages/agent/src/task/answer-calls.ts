/**
 * Answers the calls of a reply: those that may not run are refused, the others run concurrently. That a call may
 * have run is journalled before it runs.
 */

import type { ToolContext } from "../define-tool.ts";
import { limitReached } from "./after-reply.ts";
import { type ToolCall, unansweredCalls } from "./conversation.ts";
import { interruptionOf } from "./interruption.ts";
import { type Outcome, type Run, record, remember } from "./run.ts";
import { failed, type PreparedCall, prepareCall, runCall, type ToolOutcome } from "./run-call.ts";

/** Calls of one turn run concurrently; each answer is recorded at once, the last with the next step. */
export async function answerCalls(run: Run): Promise<Outcome> {
  const ready: PreparedCall[] = [];
  for (const call of unansweredCalls(run.conversation)) {
    const prepared = refusal(run, call) ?? prepareCall(call, run.toolsByName);
    if ("type" in prepared) {
      remember(run, prepared);
      continue;
    }
    const { effect } = prepared.tool;
    if (call.started && effect === "write") {
      remember(run, failed(call, "outcome_unknown", OUTCOME_UNKNOWN));
      continue;
    }
    ready.push(prepared);
    if (!call.started)
      remember(run, { type: "tool.started", data: { call: call.id, tool: call.tool, effect } });
  }
  if (ready.length === 0) return "continue";
  // Before the first of them runs it must be known that it may have run.
  const recorded = await record(run, { where: { to: "running" } });
  if (recorded.kind === "lost") return "lost";
  // A failover may forget what was acknowledged: nothing must have changed while nobody knows that it was begun. The
  // wait may outlive the server that was told; whether the present one knows of it is asked by one more step.
  if (ready.some(({ tool }) => tool.effect !== "read") && (await run.replicated()))
    if ((await record(run, { where: { to: "running" } })).kind === "lost") return "lost";
  if (!run.stillOurs()) return "continue";

  const afterShutdown = writeGrace(run);
  let open = ready.length;
  let lost = false;
  const answer = async (prepared: PreparedCall): Promise<void> => {
    const outcome = await runCall(prepared, contextFor(run, prepared, afterShutdown.signal), run.nowMs());
    open -= 1;
    remember(run, outcome);
    if (open > 0 || interruptionOf(run.signal))
      lost ||= (await record(run, { where: { to: "running" } })).kind === "lost";
  };
  const results = await Promise.allSettled(ready.map(answer));
  afterShutdown.clear();
  if (lost) return "lost";
  const crashed = results.find((result) => result.status === "rejected" && !interruptionOf(run.signal));
  if (crashed?.status === "rejected") throw crashed.reason;
  return "continue";
}

const OUTCOME_UNKNOWN =
  "The worker was lost while this call ran. Whether it took effect is unknown, so it was not run again. " +
  "Do not assume either; tell the user, or check by other means.";

/** Calls beyond the limit are not run; the model is told, and may then answer once without tools. */
function refusal(run: Run, call: ToolCall): ToolOutcome | undefined {
  const { usage, limits, degraded } = run.state;
  if (call.started || usage.tool_calls < limits.max_tool_calls) return undefined;
  if (degraded?.reason !== "max_tool_calls") remember(run, limitReached("max_tool_calls"));
  return failed(
    call,
    "limit_reached",
    `Not run: this task may use ${limits.max_tool_calls} tool calls in all.`,
  );
}

function contextFor(run: Run, { call, tool }: PreparedCall, afterShutdown: AbortSignal): ToolContext {
  const { submitted } = run.state;
  return {
    // A write is not broken off for a shutdown before its grace is over: its outcome would be unknown.
    signal: tool.effect === "write" ? afterShutdown : run.signal,
    idempotencyKey: `${run.taskId}.${call.key}`,
    user: submitted.user ?? undefined,
    tenant: run.tenant,
    taskId: run.taskId,
    documents: submitted.input.documents.map(({ name, media_type, text: body }) => ({
      name,
      mediaType: media_type,
      text: body,
    })),
    log: run.log,
    nowMs: run.nowMs,
    egress: run.egress,
    allowedHosts: submitted.definition.allowed_hosts,
  };
}

/** Aborts with the run's signal, but on a shutdown only after the grace for writes. */
function writeGrace(run: Run): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    const { reason } = run.signal;
    if (interruptionOf(run.signal)?.kind !== "shutdown") controller.abort(reason);
    else timer = setTimeout(() => controller.abort(reason), run.writeGraceMs);
  };
  if (run.signal.aborted) onAbort();
  else run.signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      run.signal.removeEventListener("abort", onAbort);
    },
  };
}
