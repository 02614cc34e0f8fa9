// The support agent as most first versions are written: the SDK, the tools, a loop until the model has had enough.
// No budget, no cache, no limit of turns. It is the demo that ends it, not the loop.

import Anthropic from "@anthropic-ai/sdk";
import { type BilledUsage, costNanoUsd, createEgressGuard, type Price, type ToolContext } from "@pawl/agent";
import { z } from "zod";
import { supportAgent, supportTools } from "../support/agent.ts";

export type BareTurn = {
  turn: number;
  /** Of all turns until now. */
  nanoUsd: number;
  turnNanoUsd: number;
  /** What this turn would have cost, had everything that was sent before been read from the prompt cache. */
  cachedTurnNanoUsd: number;
  inputTokens: number;
};

export type BareLoopOptions = {
  baseUrl: string;
  user: string;
  question: string;
  price: Price;
  signal: AbortSignal;
};

const MAX_TOKENS = 4096;
/** When the conversation has grown so far, its older half is forgotten, as such loops do to live on. */
const CONTEXT_TOKENS = 150_000;

/** Yields after every turn, for ever: whoever reads it must stop. */
export async function* bareLoop(options: BareLoopOptions): AsyncGenerator<BareTurn> {
  const { baseUrl, user, question, price, signal } = options;
  const client = new Anthropic({ apiKey: "simulator", baseURL: baseUrl, maxRetries: 0 });
  const tools = supportTools.map(({ name, description, input }) => ({
    name,
    description,
    input_schema: { ...z.toJSONSchema(input, { io: "input" }), type: "object" as const },
  }));
  const first: Anthropic.MessageParam = { role: "user", content: question };
  let exchanges: Anthropic.MessageParam[] = [];
  let [nanoUsd, sentBefore] = [0, 0];
  for (let turn = 1; ; turn += 1) {
    const reply = await client.messages.create(
      {
        model: supportAgent.model,
        max_tokens: MAX_TOKENS,
        system: supportAgent.system,
        tools,
        messages: [first, ...exchanges],
      },
      { signal },
    );
    const { input_tokens: inputTokens, output_tokens } = reply.usage;
    const turnNanoUsd = costNanoUsd(price, { input_tokens: inputTokens, output_tokens });
    const cachedTurnNanoUsd = costNanoUsd(price, asIfCached({ inputTokens, sentBefore, output_tokens }));
    nanoUsd += turnNanoUsd;
    yield { turn, nanoUsd, turnNanoUsd, cachedTurnNanoUsd, inputTokens };
    const calls = reply.content.filter((block) => block.type === "tool_use");
    if (calls.length === 0) return;
    const content = await Promise.all(calls.map((call) => answer(call, user, signal)));
    exchanges.push({ role: "assistant", content: reply.content }, { role: "user", content });
    sentBefore = inputTokens;
    if (inputTokens < CONTEXT_TOKENS) continue;
    exchanges = exchanges.slice(2 * Math.ceil(exchanges.length / 4));
    sentBefore = 0;
  }
}

function asIfCached(sent: { inputTokens: number; sentBefore: number; output_tokens: number }): BilledUsage {
  const read = Math.min(sent.sentBefore, sent.inputTokens);
  return {
    input_tokens: 0,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: sent.inputTokens - read,
    output_tokens: sent.output_tokens,
  };
}

async function answer(
  call: Anthropic.ToolUseBlock,
  user: string,
  signal: AbortSignal,
): Promise<Anthropic.ToolResultBlockParam> {
  const result = { type: "tool_result" as const, tool_use_id: call.id };
  const tool = supportTools.find(({ name }) => name === call.name);
  if (tool === undefined) return { ...result, content: `There is no tool ${call.name}.`, is_error: true };
  try {
    const value = await tool.run(tool.input.parse(call.input), contextFor(call, user, signal));
    return { ...result, content: JSON.stringify(value) };
  } catch (error) {
    return { ...result, content: String(error), is_error: true };
  }
}

function contextFor(call: Anthropic.ToolUseBlock, user: string, signal: AbortSignal): ToolContext {
  return {
    signal,
    idempotencyKey: call.id,
    user,
    tenant: "default",
    taskId: "bare loop",
    documents: [],
    log: { info: () => {}, warn: () => {}, error: () => {} },
    nowMs: Date.now,
    egress: createEgressGuard({ allow: [] }),
    allowedHosts: undefined,
    reportCost: () => {},
  };
}
