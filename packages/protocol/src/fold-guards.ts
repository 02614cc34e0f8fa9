/**
 * What the guards' events do to a task: what they found in its words, in what it read and in its answers, and which texts
 * others have still to judge.
 */
import type { EventData } from "./event.ts";
import type { Referral, TaskState } from "./task-state.ts";

export function applyFlag(state: TaskState, flag: EventData<"guardrail.flagged">): void {
  if (isOfTheTask(flag)) state.inputGuarded = true;
  switch (flag.direction) {
    case "input":
      // The weightiest stands first.
      if (flag.action === "block") state.refused = flag.findings[0] ?? null;
      break;
    case "tool":
      state.tainted ||= flag.findings.some(({ guard }) => guard === "injection");
      break;
    case "output":
      if (flag.call === undefined && flag.text !== undefined) state.text = flag.text;
      if (flag.repair !== undefined) state.repairs += 1;
      // What is blocked needs nobody else's word.
      if (flag.call === undefined && flag.action === "block") forgetReferrals(state, "output");
      break;
  }
}

export function applyReferral(state: TaskState, referral: EventData<"guardrail.referred">): void {
  state.referrals.set(referral.subject, { ...referral, asked: referral.asks });
  if (isOfTheTask(referral)) state.inputGuarded = true;
}

/** What came with the task: its own words, or a document. */
function isOfTheTask({
  direction,
  document,
}: EventData<"guardrail.flagged" | "guardrail.referred">): boolean {
  return direction === "input" || document !== undefined;
}

export function applyJudgement(
  state: TaskState,
  { subject, by, answer }: EventData<"guardrail.judged">,
): void {
  const referral = state.referrals.get(subject);
  if (referral === undefined) return;
  const asks = referral.asks.filter((ask) => ask !== by);
  if (asks.length === 0) state.referrals.delete(subject);
  else {
    const opinion = answer === "attack" || answer === "honest" ? { opinion: answer } : {};
    state.referrals.set(subject, { ...referral, ...opinion, asks });
  }
}

export function forgetReferrals(state: TaskState, direction: Referral["direction"]): void {
  for (const [subject, referral] of state.referrals)
    if (referral.direction === direction) state.referrals.delete(subject);
}

/** The model is asked for the guards' sake, not for the task's: no turn, and no word of it is the task's. */
export function isJudgement({ purpose }: { purpose?: unknown }): boolean {
  return purpose === "second_opinion" || purpose === "tone";
}
