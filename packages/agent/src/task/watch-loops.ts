/**
 * Feeds the loop detector from the journal and says what is to be done about what it sees. It is told of each reply and
 * each answer as they are folded, so a worker that takes a task up stands where the one before it stood. A finding
 * waits until all calls of its turn are answered; then it is journalled, and told to the model, or ends the task.
 */
import type { AgentDefinition, Event, EventData, NewEvent } from "@pawl/protocol";
import { textOf } from "@pawl/protocol";
import { type BoundedMap, boundedMap } from "../loops/bounded.ts";
import { fingerprint } from "../loops/fingerprint.ts";
import { isHigher } from "../loops/ladder.ts";
import { createLoopDetector, type LoopDetector, type LoopVerdict } from "../loops/loop-detector.ts";
import { completePolicy, type LoopPolicy } from "../loops/loop-policy.ts";
import { loopPolicyOf } from "../loops/policy-of-agent.ts";

export type LoopWatch = {
  policy: LoopPolicy;
  detector: LoopDetector;
  /** The model exchange that was heard last. */
  turn: number;
  /** The task's text, until the first observation took it along. */
  input: string | undefined;
  /** Model calls that are no turn of the task's own. */
  asides: Set<string>;
  /** Of the last reply, by id. */
  calls: Map<string, Call>;
  /** What each call came to last: a blocked call gets it again, a polled one is timed by it. */
  answers: BoundedMap<EarlierAnswer>;
  /** The highest rung that this turn has reached and that is not journalled yet. */
  found: EventData<"loop.warned"> | null;
  /** What was journalled last, and the last turn for which it stands: said once, however long it goes on. */
  told: { rule: string; verdict: string; turn: number } | null;
};

type Call = { tool: string; args: unknown };
export type EarlierAnswer = { turn: number; atMs: number; text: string; isError: boolean };

/** They are held whole; a loop is shorter than this. */
const REMEMBERED_ANSWERS = 200;

/** undefined: nobody is to watch this agent. */
export function watchLoops(definition: AgentDefinition, events: readonly Event[]): LoopWatch | undefined {
  const chosen = loopPolicyOf(definition);
  if (chosen === undefined) return undefined;
  const policy = completePolicy(chosen);
  const watch: LoopWatch = {
    policy,
    detector: createLoopDetector(policy),
    turn: 0,
    input: undefined,
    asides: new Set(),
    calls: new Map(),
    answers: boundedMap(REMEMBERED_ANSWERS),
    found: null,
    told: null,
  };
  for (const event of events) watchEvent(watch, event, event.at);
  return watch;
}

/** Changes the watch in place by one event. */
export function watchEvent(watch: LoopWatch, event: NewEvent, atMs: number): void {
  switch (event.type) {
    case "task.submitted":
      watch.input = event.data.input.text;
      break;
    case "model.requested":
      if (event.data.purpose !== undefined) watch.asides.add(event.data.call);
      break;
    case "model.responded":
      if (!watch.asides.has(event.data.call)) watchReply(watch, event.data, atMs);
      break;
    case "tool.completed":
      watchAnswer(watch, event.data, { text: event.data.content, isError: false, atMs });
      break;
    case "tool.failed":
      // What the way there did, or Pawl itself, says nothing about the agent.
      if (isOfTheCall[event.data.error.code])
        watchAnswer(watch, event.data, { text: event.data.error.message, isError: true, atMs });
      break;
    case "loop.warned":
      watch.found = null;
      watch.told = { rule: event.data.rule, verdict: event.data.verdict, turn: watch.turn };
      break;
    case "task.resumed":
      if (event.data.because !== "request") break;
      watch.detector.startAnew();
      watch.found = null;
      break;
  }
}

const isOfTheCall: Record<EventData<"tool.failed">["error"]["code"], boolean> = {
  unknown_tool: true,
  invalid_input: true,
  tool_error: true,
  guardrail_refused: true,
  tool_timeout: false,
  outcome_unknown: false,
  limit_reached: false,
  reply_cut: false,
  tool_unavailable: false,
};

/** What the same call came to before, where it is not to be run again; undefined: it may run. */
export function blockedBy({ detector, answers, policy }: LoopWatch, call: Call): EarlierAnswer | undefined {
  return detector.blocked(call) && answers.get(fingerprint(call.tool, call.args, policy));
}

/** How long a call of a tool that is there to be polled has still to wait for its interval; 0: it may run. */
export function pollAgainInMs({ answers, policy }: LoopWatch, { tool, args }: Call, nowMs: number): number {
  const { poll } = policy.tools[tool] ?? {};
  const earlier = poll && answers.get(fingerprint(tool, args, policy));
  if (poll === undefined || earlier === undefined) return 0;
  return Math.max(0, earlier.atMs + poll.intervalMs - nowMs);
}

function watchReply(watch: LoopWatch, reply: EventData<"model.responded">, atMs: number): void {
  watch.turn += 1;
  watch.calls.clear();
  for (const { type, id, name, input } of reply.content)
    if (type === "tool_use" && typeof id === "string" && typeof name === "string" && !watch.calls.has(id))
      watch.calls.set(id, { tool: name, args: input });
  const text = textOf(reply.content);
  if (text !== null) observe(watch, { text }, atMs);
}

function watchAnswer(
  watch: LoopWatch,
  { call: id, blocked }: EventData<"tool.completed" | "tool.failed">,
  { text, isError, atMs }: Omit<EarlierAnswer, "turn">,
): void {
  const call = watch.calls.get(id);
  if (call === undefined) return;
  if (blocked === undefined)
    watch.answers.set(fingerprint(call.tool, call.args, watch.policy), {
      turn: watch.turn,
      text,
      isError,
      atMs,
    });
  observe(watch, { ...call, result: text, isError }, atMs);
}

function observe(
  watch: LoopWatch,
  seen: { text: string } | (Call & { result: string; isError: boolean }),
  atMs: number,
): void {
  const { turn, input } = watch;
  watch.input = undefined;
  const judged = watch.detector.observe({ turn, atMs, ...(input === undefined ? {} : { input }), ...seen });
  const finding = findingOf(judged);
  if (finding === null || isTold(watch, finding)) return;
  if (watch.found === null || !isHigher(watch.found.verdict, finding.verdict)) watch.found = finding;
}

/** The same as in the turn before. */
function isTold({ told, turn }: LoopWatch, { rule, verdict }: EventData<"loop.warned">): boolean {
  if (told === null || told.rule !== rule || told.verdict !== verdict || told.turn < turn - 1) return false;
  told.turn = turn;
  return true;
}

function findingOf({ verdict, rule, evidence }: LoopVerdict): EventData<"loop.warned"> | null {
  if (verdict === "ok" || rule === undefined || evidence === undefined) return null;
  return { verdict, rule, evidence };
}
