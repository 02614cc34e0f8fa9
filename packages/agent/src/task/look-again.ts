/**
 * Texts that the guards let pass so far, put before others because a policy asks for it: a model's second opinion on an
 * attack, a slower judge of content, a model that holds the final answer to a tone. One at a time, before the task goes on
 * in any other way. Each judgement is a fact in the journal, and none that stands there is asked for again. Whoever cannot
 * be asked leaves the guards' own verdict as it was, and the journal says why.
 */
import type {
  Direction,
  EventData,
  GuardAction,
  GuardAsk,
  GuardFinding,
  Opinion,
  Referral,
} from "@pawl/protocol";
import { askJudge, type JudgeQuestion } from "./ask-judge.ts";
import {
  applyToOutside,
  applyToReply,
  applyToTask,
  type GuardVerdict,
  isOfThose,
  saidBy,
  verdictOf,
  WITHHELD_RESULT,
} from "./guards.ts";
import { type Outcome, type Run, recordKnown, remember } from "./run.ts";

/** What the loop needs to know of those that are asked. */
export type Looks = {
  /** Who is to be asked about the text of that verdict. */
  asksAbout: (verdict: GuardVerdict, direction: Direction, isFinal: boolean) => readonly GuardAsk[];
  /** The guards' verdict, with what was learnt since. */
  checkWith: (text: string, direction: Direction, learnt: Learnt) => GuardVerdict;
  /** The same with the slower judges of content. Takes seconds at most; never rejects. */
  checkFullyWith: (text: string, direction: Direction, learnt: Learnt) => Promise<GuardVerdict>;
  opinionQuestion: (text: string, direction: Direction) => JudgeQuestion<Opinion>;
  toneQuestion: (text: string) => JudgeQuestion<"keeps" | "breaks">;
  /** What a breach of the tone comes to. `note`: for the model that writes the answer anew. */
  breach: { finding: GuardFinding; action: GuardAction; note: string };
};

export type Learnt = { said: readonly string[]; opinion: Opinion | undefined };

export type LookAgain = { kind: "look-again"; referral: Referral };

export function nextReferral({ state }: Run): LookAgain | undefined {
  if (state.referrals.size === 0) return undefined;
  for (const referral of state.referrals.values()) return { kind: "look-again", referral };
}

export function lookAgain(run: Run, referral: Referral): Promise<Outcome> {
  const [by] = referral.asks;
  const looks = run.guards?.looks;
  if (by === undefined || looks === undefined) return Promise.resolve(leave(run, referral));
  switch (by) {
    case "second_opinion":
      return askOpinion(run, referral, looks);
    case "content":
      return checkContent(run, referral, looks);
    case "tone":
      return askTone(run, referral, looks);
  }
}

async function askOpinion(run: Run, referral: Referral, looks: Looks): Promise<Outcome> {
  const { subject, direction } = referral;
  const text = textOf(run, referral);
  const judged = await askJudge(run, "second_opinion", looks.opinionQuestion(text, direction));
  if (judged.kind === "left") return judged.outcome;
  rememberJudgement(run, subject, "second_opinion", judged);
  // Who judges the content says the rest.
  if (referral.asks.includes("content")) return "continue";
  const { answer: opinion } = judged;
  settle(
    run,
    { ...referral, ...(opinion === undefined ? {} : { opinion }) },
    looks.checkWith(text, direction, { said: [], opinion }),
  );
  return "continue";
}

async function checkContent(run: Run, referral: Referral, looks: Looks): Promise<Outcome> {
  const { subject, direction, opinion } = referral;
  if (!(await recordKnown(run))) return "lost";
  const said = direction === "output" ? saidBy(run) : [];
  const verdict = await orAborted(
    run.signal,
    looks.checkFullyWith(textOf(run, referral), direction, { said, opinion }),
  );
  // Whoever has the task next asks anew.
  if (verdict === undefined) return "continue";
  remember(run, { type: "guardrail.judged", data: { subject, by: "content" } });
  settle(run, referral, verdict);
  return "continue";
}

/** undefined: the work is broken off, and nobody waits for the answer. It must not reject. */
async function orAborted<Answer>(signal: AbortSignal, answer: Promise<Answer>): Promise<Answer | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const give = () => aborted.resolve(undefined);
  if (signal.aborted) give();
  signal.addEventListener("abort", give);
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", give);
  }
}

async function askTone(run: Run, { subject }: Referral, looks: Looks): Promise<Outcome> {
  const text = run.state.text ?? "";
  const judged = await askJudge(run, "tone", looks.toneQuestion(text));
  if (judged.kind === "left") return judged.outcome;
  rememberJudgement(run, subject, "tone", judged);
  const { finding, action, note } = looks.breach;
  if (judged.answer === "breaks") applyToReply(run, verdictOf(text, [{ ...finding, action }]), note);
  return "continue";
}

/** What waited for the judgement is done now: of those guards alone that were doubted. */
function settle(
  run: Run,
  { subject, direction, asked, opinion, call, tool, document }: Referral,
  verdict: GuardVerdict,
): void {
  run.referredTexts.delete(subject);
  const isDoubted = isOfThose(asked);
  const findings = verdict.findings.filter(isDoubted).map((finding) => ({
    ...finding,
    ...(finding.guard === "injection" && opinion !== undefined ? { second_opinion: opinion } : {}),
  }));
  const found = verdictOf(verdict.text, findings);
  switch (direction) {
    case "input":
      applyToTask(run, found);
      return;
    case "output":
      applyToReply(run, found);
      return;
    case "tool": {
      const where = {
        ...(call === undefined ? {} : { call }),
        ...(tool === undefined ? {} : { tool }),
        ...(document === undefined ? {} : { document }),
      };
      const instead = found.action === "block" ? WITHHELD_RESULT : found.text;
      const isReplaced = call !== undefined && (found.action === "block" || found.action === "redact");
      applyToOutside(run, found, { ...where, ...(isReplaced ? { text: instead } : {}) });
    }
  }
}

/** Nobody is there any more who could be asked: the guards' own verdict stands. */
function leave(run: Run, referral: Referral): Outcome {
  const { subject, asks, direction } = referral;
  const text = textOf(run, referral);
  for (const by of asks)
    remember(run, { type: "guardrail.judged", data: { subject, by, because: "unavailable" } });
  if (run.guards !== undefined) settle(run, referral, run.guards.check(text, direction));
  return "continue";
}

function rememberJudgement(
  run: Run,
  subject: string,
  by: GuardAsk,
  { answer, because, call }: Omit<EventData<"guardrail.judged">, "subject" | "by">,
): void {
  remember(run, {
    type: "guardrail.judged",
    data: {
      subject,
      by,
      ...(answer === undefined ? {} : { answer }),
      ...(because === undefined ? {} : { because }),
      ...(call === undefined ? {} : { call }),
    },
  });
}

/** As its guards left it: what is redacted is shown to nobody. */
function textOf(run: Run, { subject, direction, call }: Referral): string {
  const known = run.referredTexts.get(subject);
  if (known !== undefined) return known;
  if (direction === "output") return run.state.text ?? "";
  if (call !== undefined) return answerOf(run, call);
  const { text, documents } = run.state.submitted.input;
  const original = direction === "input" ? text : documents[Number(subject.slice("document.".length))]?.text;
  return run.guards?.check(original ?? "", direction).text ?? "";
}

/** From the journal as the claim returned it: the answer came in another worker's hands. */
function answerOf({ events }: Run, call: string): string {
  const answer = events.findLast(
    (event) => (event.type === "tool.completed" || event.type === "tool.failed") && event.data.call === call,
  );
  if (answer?.type === "tool.completed") return answer.data.content;
  return answer?.type === "tool.failed" ? answer.data.error.message : "";
}
