/**
 * What one task is about, drawn from the seed: what the model says turn by turn and how the provider fails
 * meanwhile, what the caller asks for, and what he does later. The simulator is told by turn and not by order, so
 * that a reply asked for again after a crash is the same one.
 */
import type { Budget } from "@pawl/protocol";
import type { ScriptStep } from "../support/simulator-script.ts";
import type { Random } from "./random.ts";

type Reply = NonNullable<ScriptStep["reply"]>;
type ModelFault = NonNullable<ScriptStep["fault"]>;
export type ModelFaultKind = ModelFault["kind"] | "slow_tokens" | `status_${number}`;

export type TaskPlan = {
  /** Stands at the start of the prompt and nowhere else: by it the simulator's ledger is read. */
  word: string;
  body: Record<string, unknown>;
  wantsWebhook: boolean;
  steps: readonly ScriptStep[];
  modelFaults: readonly ModelFaultKind[];
  cancelAfterMs: number | undefined;
  /** Given when the task stopped or failed: it goes on with these limits. */
  resumeBudget: Budget | undefined;
  /** Followed live, across every cut of the stream. */
  isFollowed: boolean;
  /** Gives up at the first refusal, and asks again only when all is well. */
  isImpatient: boolean;
};

const LAST_WORDS: Reply = { content: "That is all there was to do." };
const PLENTY: Budget = {
  max_cost_usd: 2,
  max_turns: 60,
  max_tool_calls: 200,
  max_tokens: 900_000,
  timeout_ms: 3_600_000,
};

export function planTask(random: Random, number: number, webhookUrl: string): TaskPlan {
  const word = `w${number}.`;
  const turns = drawTurns(random);
  const modelFaults: ModelFaultKind[] = [];
  const steps = turns.flatMap((reply, i) => turnSteps(random, { word, turn: i + 1, reply }, modelFaults));
  // A turn more than was planned: bad input was refused, or the task was resumed.
  steps.push({ match: { contains: word }, reply: LAST_WORDS, times: -1 });

  const wantsWebhook = random.chance(0.4);
  const budget = random.chance(0.2) ? smallBudget(random) : undefined;
  return {
    word,
    body: {
      input: `${word} Do what the script says.`,
      agent: turns.length === 1 ? "default" : "actor",
      user: `user-${number % 7}`,
      ...(budget === undefined ? {} : { budget }),
      ...(wantsWebhook ? { webhook_url: webhookUrl } : {}),
      ...(random.chance(0.3) ? { priority: random.pick(["low", "high"]) } : {}),
      ...(random.chance(0.15) ? { delay_ms: random.whole(100, 4000) } : {}),
    },
    wantsWebhook,
    steps,
    modelFaults,
    cancelAfterMs: random.chance(0.1) ? random.whole(0, 3000) : undefined,
    resumeBudget: random.chance(budget === undefined ? 0.3 : 0.7) ? PLENTY : undefined,
    isFollowed: random.chance(0.1),
    isImpatient: random.chance(0.1),
  };
}

/** One limit too small for what the script asks for. */
function smallBudget(random: Random): Budget {
  return random.pick<Budget>([
    { max_turns: 2 },
    { max_tool_calls: 1 },
    { max_cost_usd: 0.02 },
    { max_tokens: 9000 },
    { timeout_ms: 1500 },
  ]);
}

function drawTurns(random: Random): Reply[] {
  let n = 0;
  const call = (name: "look" | "put" | "send") => ({
    type: "tool_use" as const,
    name,
    // Writes take their time: a blow shall find many of them under way.
    input: {
      n: ++n,
      takes_ms: random.chance(name === "send" ? 0.6 : 0.1) ? random.whole(800, 2500) : random.whole(2, 400),
    },
  });
  const calls = (...names: ("look" | "put" | "send")[]): Reply => ({
    content: names.map(call),
    stop_reason: "tool_use",
  });
  switch (random.pick(["answer", "story", "letters", "long"])) {
    case "answer":
      return [LAST_WORDS];
    case "story":
      return [calls("look", "put"), calls("send"), calls("look"), LAST_WORDS];
    case "letters":
      return [calls("send", "send", "look"), calls("send", "put"), LAST_WORDS];
    default:
      return [
        calls("look"),
        calls("put"),
        calls("send"),
        calls("look", "look"),
        calls("put", "send"),
        calls("look"),
        LAST_WORDS,
      ];
  }
}

/** The failures of a turn come first, each for one request; then the reply, however often it is asked for. */
function turnSteps(
  random: Random,
  { word, turn, reply }: { word: string; turn: number; reply: Reply },
  faults: ModelFaultKind[],
): ScriptStep[] {
  const match = { contains: word, turn };
  const latency_ms = random.chance(0.1) ? random.whole(500, 2500) : random.whole(5, 300);
  const failures: ScriptStep[] = [];
  const count = random.chance(0.01) ? 6 : random.chance(0.15) ? random.whole(1, 2) : 0;
  for (let i = 0; i < count; i += 1) {
    const fault = drawModelFault(random);
    faults.push(fault.kind === "status" ? `status_${fault.status}` : fault.kind);
    failures.push({ match, reply, fault, latency_ms, times: 1 });
  }
  const isSlow = random.chance(0.1);
  if (isSlow) faults.push("slow_tokens");
  const pace = isSlow ? { token_delay_ms: random.whole(20, 120) } : {};
  return [...failures, { match, reply, latency_ms, ...pace, times: -1 }];
}

function drawModelFault(random: Random): ModelFault {
  const after_events = random.whole(1, 6);
  return random.pick<ModelFault>([
    { kind: "status", status: 429, retry_after_s: 1 },
    { kind: "status", status: 429, retry_after_ms: random.whole(50, 900) },
    { kind: "status", status: 529 },
    { kind: "status", status: 500 },
    { kind: "status", status: 503 },
    { kind: "reset", after_bytes: 0 },
    { kind: "reset", after_bytes: random.whole(50, 700) },
    { kind: "cut", after_events },
    { kind: "clean_eof", after_events },
    { kind: "sse_error", after_events },
    { kind: "stall", after_events },
    { kind: "stall", before_headers: true },
    { kind: "malformed_tool_input" },
  ]);
}
