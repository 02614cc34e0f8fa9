/**
 * Answers the calls of a reply: those that may not run are refused, the others run concurrently. That a call may
 * have run is journalled before it runs.
 */

import { type NewEvent, nanoFromUsd, type SpentOn } from "@pawl/protocol";
import type { ToolContext } from "../define-tool.ts";
import { toolDownMessage } from "../health/tool-health.ts";
import { limitReached } from "./after-reply.ts";
import { type ToolCall, unansweredCalls } from "./conversation.ts";
import { guardAnswer, guardCall } from "./guards.ts";
import { interruptionOf } from "./interruption.ts";
import { leastTurnNanoUsd } from "./plan-turn.ts";
import { apply, type Outcome, type Run, record, remember } from "./run.ts";
import { completed, failed, type PreparedCall, prepareCall, type ToolOutcome } from "./run-call.ts";
import { runInHealth } from "./run-in-health.ts";
import { blockedBy, pollAgainInMs } from "./watch-loops.ts";

/** Calls of one turn run concurrently; each answer is recorded as soon as may be, the last with the next step. */
export async function answerCalls(run: Run): Promise<Outcome> {
  const { ready, laterMs } = callsToRun(run);
  if (ready.length === 0) return laterMs === undefined ? "continue" : waitToPoll(run, laterMs);
  // Before the first of them runs it must be known that it may have run, and what it costs must be held.
  const begun = await begin(run, ready);
  if (begun !== "continue") return begun === "refused" ? "continue" : begun;
  // A failover may forget what was acknowledged: nothing must have changed while nobody knows that it was begun. The
  // wait may outlive the server that was told; whether the present one knows of it is asked by one more step.
  if (ready.some(({ tool }) => tool.effect !== "read") && (await run.replicated()))
    if ((await record(run, { where: { to: "running" } })).kind === "lost") return "lost";
  return run.stillOurs() ? runAll(run, ready) : "continue";
}

async function runAll(run: Run, ready: readonly ReadyCall[]): Promise<Outcome> {
  // A write is not broken off for a shutdown before its grace is over: its outcome would be unknown.
  const forWrites = ready.some(({ tool }) => tool.effect === "write") ? writeGrace(run) : undefined;
  let open = ready.length;
  let lost = false;
  let flushing: Promise<void> | undefined;
  /** What has ended while others still run; answers that come in meanwhile go together. */
  const flush = async (): Promise<void> => {
    // One turn of the microtasks later the others may have ended, too.
    await Promise.resolve();
    while (open > 0 && run.facts.length > 0 && !lost)
      lost = (await record(run, { where: { to: "running" } })).kind === "lost";
    flushing = undefined;
  };
  const answer = async (one: ReadyCall): Promise<void> => {
    const cost = costMeter(one);
    const signal = one.tool.effect === "write" && forWrites !== undefined ? forWrites.signal : run.signal;
    const context = { ...contextFor(run, one), signal, reportCost: cost.report };
    const outcome = await runInHealth(one, context, run);
    open -= 1;
    remember(run, withCost(guardAnswer(run, outcome), one, cost.nanoUsd()));
    if (one.hold !== undefined)
      run.settled.push({ hold: one.hold, nanoUsd: cost.nanoUsd(), spentOn: spentOn(one) });
    if (open === 0) return;
    flushing ??= flush();
    flushing.catch(() => {});
  };
  const results = await Promise.allSettled(ready.map(answer));
  forWrites?.clear();
  await flushing;
  if (lost) return "lost";
  const crashed = results.find((result) => result.status === "rejected" && !interruptionOf(run.signal));
  if (crashed?.status === "rejected") throw crashed.reason;
  return "continue";
}

/** A call that may run, and the hold that pays for it where it costs something. */
type ReadyCall = PreparedCall & { costNanoUsd: number; hold: string | undefined };

/**
 * Those that may not run are answered here. `laterMs`: when the first of those may run that poll, where there are any;
 * the others go before them.
 */
function callsToRun(run: Run): { ready: ReadyCall[]; laterMs: number | undefined } {
  let begun = 0;
  const laterMs: number[] = [];
  const ready = unansweredCalls(run.conversation).flatMap((call, i) => {
    const prepared =
      blocked(run, call) ??
      refusal(run, call, begun) ??
      outOfService(run, call) ??
      prepareCall(call, run.toolsByName);
    if ("type" in prepared) {
      remember(run, prepared);
      return [];
    }
    const waitMs = run.loops && pollAgainInMs(run.loops, { tool: call.tool, args: call.input }, run.nowMs());
    if (waitMs) {
      laterMs.push(waitMs);
      return [];
    }
    const { effect, costUsd = 0 } = prepared.tool;
    const refused = call.started ? undefined : guardCall(run, call, effect);
    if (refused !== undefined) {
      remember(run, failed(call, "guardrail_refused", refused));
      return [];
    }
    if (call.started && effect === "write") {
      remember(run, failed(call, "outcome_unknown", OUTCOME_UNKNOWN));
      return [];
    }
    const costNanoUsd = nanoFromUsd(costUsd);
    // Within an epoch a call is run once, and the epoch is part of every hold's name.
    const hold = costNanoUsd === 0 ? undefined : `t${run.state.usage.model_calls}.${i}`;
    if (!call.started) begun += 1;
    return [{ ...prepared, costNanoUsd, hold }];
  });
  return { ready, laterMs: laterMs.length === 0 ? undefined : Math.min(...laterMs) };
}

/** A call that only repeats itself is not run: the model gets what it got before. */
function blocked(run: Run, call: ToolCall): ToolOutcome | undefined {
  const earlier = run.loops && blockedBy(run.loops, { tool: call.tool, args: call.input });
  if (call.started || earlier === undefined) return undefined;
  const answer = earlier.isError
    ? failed(call, "tool_error", earlier.text)
    : completed(call, earlier.text, 0);
  answer.data.blocked = { answered_in_turn: earlier.turn };
  return answer;
}

/** A tool that is there to be asked again is not asked before its interval is over; meanwhile no slot is held. */
async function waitToPoll(run: Run, afterMs: number): Promise<Outcome> {
  remember(run, { type: "task.waiting", data: { for: "timer", after_ms: afterMs, message: NEXT_POLL } });
  const recorded = await record(run, { where: { to: "waiting", for: "timer", afterMs } });
  return recorded.kind === "lost" ? "lost" : "waiting";
}

const NEXT_POLL = "Waits until the next look is due.";

/** refused: there is no money for the calls; the model is told. */
type Begun = "continue" | "refused" | "lost" | "waiting";

async function begin(run: Run, ready: readonly ReadyCall[]): Promise<Begun> {
  const started = ready.flatMap((one): NewEvent[] =>
    one.call.started && one.hold === undefined ? [] : [startedEvent(one)],
  );
  const paid = ready.flatMap((one) => (one.hold === undefined ? [] : [{ ...one, hold: one.hold }]));
  if (paid.length === 0) {
    for (const event of started) remember(run, event);
    return (await record(run, { where: { to: "running" } })).kind === "lost" ? "lost" : "continue";
  }
  const holds = paid.map((one) => ({ hold: one.hold, nanoUsd: one.costNanoUsd, spentOn: spentOn(one) }));
  const leastNanoUsd = holds.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
  const price = run.priceOf(run.state.model, run.nowMs());
  const reserveNanoUsd = price === undefined ? 0 : leastTurnNanoUsd(run, price, { resultsToCome: true });
  const next = { holds, reserveNanoUsd, leastNanoUsd, events: started };
  const recorded = await record(run, { where: { to: "running" }, next });
  if (recorded.kind === "lost") return "lost";
  if (recorded.kind === "parked") return "waiting";
  if (recorded.kind === "done") {
    for (const event of started) apply(run, event);
    return "continue";
  }
  // Those that cost nothing are asked for again by the model, if it still wants them.
  for (const { call } of ready) remember(run, failed(call, "limit_reached", TOO_DEAR));
  return "refused";
}

const TOO_DEAR =
  "Not run: what is left of the budget does not pay for the calls of this turn. Answer with what you know.";

function startedEvent({ call, tool, hold, costNanoUsd }: ReadyCall): NewEvent {
  const paid = hold === undefined ? {} : { hold, held_nano_usd: costNanoUsd };
  return { type: "tool.started", data: { call: call.id, tool: call.tool, effect: tool.effect, ...paid } };
}

function spentOn({ tool }: PreparedCall): SpentOn {
  return { kind: "tool", name: tool.name };
}

/** What a call costs: what its tool declares, unless it reports less. */
function costMeter({ costNanoUsd }: ReadyCall): { nanoUsd: () => number; report: (usd: number) => void } {
  let nanoUsd = costNanoUsd;
  return {
    nanoUsd: () => nanoUsd,
    report(usd) {
      const reported = typeof usd === "number" ? nanoFromUsd(usd) : Number.NaN;
      if (!(reported >= 0 && reported <= costNanoUsd))
        throw new RangeError("a call reports from nothing to what its tool declares as costUsd");
      nanoUsd = reported;
    },
  };
}

function withCost(outcome: ToolOutcome, { hold }: ReadyCall, costNanoUsd: number): ToolOutcome {
  if (hold === undefined) return outcome;
  return outcome.type === "tool.completed"
    ? { ...outcome, data: { ...outcome.data, cost_nano_usd: costNanoUsd } }
    : { ...outcome, data: { ...outcome.data, cost_nano_usd: costNanoUsd } };
}

const OUTCOME_UNKNOWN =
  "The worker was lost while this call ran. Whether it took effect is unknown, so it was not run again. " +
  "Do not assume either; tell the user, or check by other means.";

/** Calls beyond the limit are not run; the model is told, and may then answer once without tools. */
function refusal(run: Run, call: ToolCall, begun: number): ToolOutcome | undefined {
  const { usage, limits, reached } = run.state;
  if (call.started || usage.tool_calls + begun < limits.max_tool_calls) return undefined;
  if (reached?.limit !== "max_tool_calls") remember(run, limitReached("max_tool_calls"));
  return failed(
    call,
    "limit_reached",
    `Not run: this task may use ${limits.max_tool_calls} tool calls in all.`,
  );
}

/** A call that may have run before a crash is looked at by the rules for crashes first. */
function outOfService(run: Run, call: ToolCall): ToolOutcome | undefined {
  const tool = run.toolsByName.get(call.tool);
  const downForMs = tool === undefined || call.started ? 0 : run.toolHealth.downForMs(tool);
  return downForMs > 0 ? failed(call, "tool_unavailable", toolDownMessage(call.tool, downForMs)) : undefined;
}

function contextFor(run: Run, { call }: PreparedCall): Omit<ToolContext, "signal" | "reportCost"> {
  const { submitted } = run.state;
  return {
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
