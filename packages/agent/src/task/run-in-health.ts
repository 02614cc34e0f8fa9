/** Runs a call under its tool's breaker, where the tool has one: an open one answers in its place. */
import type { ToolContext } from "../define-tool.ts";
import { toolDownMessage } from "../health/tool-health.ts";
import type { Run } from "./run.ts";
import { failed, type PreparedCall, runCall, type ToolOutcome } from "./run-call.ts";

export async function runInHealth(
  prepared: PreparedCall,
  context: ToolContext,
  { toolHealth, taskId, nowMs }: Pick<Run, "toolHealth" | "taskId" | "nowMs">,
): Promise<ToolOutcome> {
  const passage = toolHealth.admit(prepared.tool);
  if (passage === undefined) return (await runCall(prepared, context, nowMs())).outcome;
  if (passage.kind === "open") {
    const { call } = prepared;
    return failed(call, "tool_unavailable", toolDownMessage(call.tool, passage.retryAfterMs));
  }
  const { pass } = passage;
  try {
    const { outcome, isIll } = await runCall(prepared, context, nowMs());
    if (isIll) await pass.failed(taskId);
    else pass.answered();
    return outcome;
  } catch (error) {
    pass.forgotten();
    throw error;
  }
}
