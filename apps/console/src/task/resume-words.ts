/**
 * Whether a task that ended for a reason may be taken up again, and which member of its budget must be raised
 * first. The protocol says so, too, but would bring its whole schema language along; a test holds the two together.
 */
import type { StopReason } from "@pawl/protocol";
import type { Task } from "../api/shapes.ts";

export type BudgetMember = keyof Task["budget"];

export const resumeRules = {
  end_turn: "never",
  budget_reached: "max_cost_usd",
  max_turns: "max_turns",
  max_tool_calls: "max_tool_calls",
  max_tokens: "max_tokens",
  deadline: "timeout_ms",
  loop_detected: "always",
  output_invalid: "always",
  escalated: "always",
  interrupted: "always",
  guardrail_blocked: "never",
  refusal: "never",
  context_exceeded: "never",
  approval_denied: "never",
  approval_expired: "never",
  retries_exhausted: "always",
  permanent_error: "always",
  poisoned: "always",
  cancelled: "never",
} as const satisfies Record<StopReason, "always" | "never" | BudgetMember>;

export const budgetWords: Readonly<Record<BudgetMember, string>> = {
  max_cost_usd: "Cost, in dollars",
  max_tokens: "Tokens",
  max_turns: "Turns",
  max_tool_calls: "Tool calls",
  timeout_ms: "Time, in seconds",
};

/** null: it may not be resumed (any more). */
export function resumable(task: Task): { raise: BudgetMember | null } | null {
  if (task.stop_reason === null || task.finished_at === null) return null;
  const rule = resumeRules[task.stop_reason];
  if (rule === undefined || rule === "never") return null;
  return { raise: rule === "always" ? null : rule };
}
