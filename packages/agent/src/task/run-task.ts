/**
 * The loop: ask the model, answer its calls, until the task ends. Nothing is done twice: the state and the
 * conversation are folds over the journal, every reply and every answer is recorded before the next thing is
 * begun, and one step of the recorder says all there is to say between two things (what ended, what it cost, the
 * money for what comes next). Deciding comes before recording.
 */
import { type Move, nextMove } from "./after-reply.ts";
import { answerCalls } from "./answer-calls.ts";
import { askTurn } from "./ask-turn.ts";
import { end, giveUp, handBack, isSuspect, poisoned, triesExhausted } from "./end-task.ts";
import { guardTask, refusedTask } from "./guards.ts";
import { interruptionOf } from "./interruption.ts";
import { type LookAgain, lookAgain, nextReferral } from "./look-again.ts";
import {
  type Outcome,
  type Run,
  remember,
  type TaskDeps,
  type TaskRun,
  type TaskRunOutcome,
  takeUp,
} from "./run.ts";

export async function runTask(task: TaskRun, deps: TaskDeps): Promise<TaskRunOutcome> {
  const run = takeUp(task, deps);
  guardTask(run);
  for (;;) {
    tellOfLoop(run);
    const move =
      poisoned(run) ??
      triesExhausted(run) ??
      refusedTask(run) ??
      nextReferral(run) ??
      nextMove(run.conversation);
    const interruption = interruptionOf(run.signal);
    // What has come to its end is not stopped on the way there.
    if (interruption && move.kind !== "end") return giveUp(run, interruption);
    if (isSuspect(run)) return handBack(run, "suspect");
    const outcome = await make(run, move);
    if (outcome !== "continue") return outcome;
  }
}

/** Once all calls of a turn are answered: the model reads it with their answers. It goes with the next step. */
function tellOfLoop(run: Run): void {
  const found = run.loops?.found;
  if (found && nextMove(run.conversation).kind === "ask") remember(run, { type: "loop.warned", data: found });
}

function make(run: Run, move: Move | LookAgain): Promise<Outcome> {
  switch (move.kind) {
    case "look-again":
      return lookAgain(run, move.referral);
    case "ask":
      return askTurn(run);
    case "answer-calls":
      return answerCalls(run);
    case "end":
      return end(run, move);
  }
}
