/**
 * What an agent says of its own answer, where it is asked to: how sure it is, and what it could not support. It ends the
 * answer as a block of its own, which costs no further turn; nobody is shown the block itself.
 */
import { z } from "zod";

export const SelfReport = z.strictObject({
  /** From 0, a guess, to 1, certain. */
  confidence: z.number().min(0).max(1),
  unsupported_claims: z.array(z.string()),
});
export type SelfReport = z.infer<typeof SelfReport>;

export const SELF_REPORT_START = "<self_report>";
const SELF_REPORT_END = "</self_report>";

/** What the agent is told, behind its own prompt. */
export const SELF_REPORT_REQUEST =
  `End your final answer with one block of exactly this form, and nothing behind it: ${SELF_REPORT_START}` +
  `{"confidence": 0.8, "unsupported_claims": ["…"]}${SELF_REPORT_END} — confidence from 0 to 1 that the answer is right ` +
  "and complete; unsupported_claims: statements of the answer that no tool result, document or word of the task supports, " +
  "an empty list if there are none.";

/** The answer without its block, and what stood in it; null where there is none, or none that can be read. */
export function splitSelfReport(answer: string): { text: string; report: SelfReport | null } {
  const start = answer.lastIndexOf(SELF_REPORT_START);
  if (start < 0) return { text: answer, report: null };
  const end = answer.indexOf(SELF_REPORT_END, start);
  const body = answer.slice(start + SELF_REPORT_START.length, end < 0 ? undefined : end);
  const rest = end < 0 ? "" : answer.slice(end + SELF_REPORT_END.length);
  return { text: (answer.slice(0, start) + rest).trim(), report: parsed(body) };
}

function parsed(body: string): SelfReport | null {
  try {
    return SelfReport.parse(JSON.parse(body));
  } catch {
    return null;
  }
}
