// A finished reply as it goes over the wire: one JSON message, or the named events of a stream. Each event knows how
// many output tokens the client has been told once it is out, which is what an abandoned stream is billed for.

import type { LedgerUsage } from "./ledger.ts";
import type { InputTokens } from "./prompt-cache.ts";
import type { FinishedBlock, FinishedReply } from "./reply.ts";

export type MessageHead = { readonly id: string; readonly model: string; readonly usage: MessageUsage };
export type MessageUsage = LedgerUsage & {
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  };
};

export type StreamEvent = { readonly frame: string; readonly tokensSoFar: number };

export function usageOf(input: InputTokens, outputTokens: number): MessageUsage {
  return {
    input_tokens: input.uncached,
    cache_creation_input_tokens: input.write5m + input.write1h,
    cache_read_input_tokens: input.read,
    cache_creation: { ephemeral_5m_input_tokens: input.write5m, ephemeral_1h_input_tokens: input.write1h },
    output_tokens: outputTokens,
  };
}

export function messageBody(head: MessageHead, reply: FinishedReply): string {
  return JSON.stringify({
    ...envelope(head, head.usage.output_tokens),
    content: reply.blocks.map(plainBlock),
    ...ending(reply),
  });
}

/** message_start → content_block_start, (ping), delta …, stop → message_delta → message_stop. */
export function messageEvents(head: MessageHead, reply: FinishedReply, charsPerDelta: number): StreamEvent[] {
  const events: StreamEvent[] = [];
  const total = head.usage.output_tokens;
  let tokensSoFar = Math.min(1, total);
  const push = (type: string, fields: object) => {
    events.push({ frame: sseFrame(type, JSON.stringify({ type, ...fields })), tokensSoFar });
  };
  push("message_start", { message: envelope(head, tokensSoFar) });
  let spoken = 0;
  for (const [index, block] of reply.blocks.entries()) {
    push("content_block_start", { index, content_block: emptyBlock(block) });
    if (index === 0) push("ping", {});
    const pieces = deltasOf(block, charsPerDelta);
    const tokens = reply.blockTokens[index] ?? 0;
    for (const [at, delta] of pieces.entries()) {
      tokensSoFar = Math.min(
        total,
        Math.max(tokensSoFar, spoken + Math.ceil((tokens * (at + 1)) / pieces.length)),
      );
      push("content_block_delta", { index, delta });
    }
    spoken += tokens;
    push("content_block_stop", { index });
  }
  tokensSoFar = total;
  const { cache_creation: _, ...counts } = head.usage;
  push("message_delta", {
    delta: { ...ending(reply), container: null },
    usage: {
      ...counts,
      output_tokens_details: { thinking_tokens: thinkingTokens(reply) },
      server_tool_use: null,
    },
  });
  push("message_stop", {});
  return events;
}

export function sseFrame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

function envelope({ id, model, usage }: MessageHead, outputTokens: number) {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [],
    container: null,
    diagnostics: null,
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: {
      ...usage,
      output_tokens: outputTokens,
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: null,
      service_tier: "standard",
      speed: "standard",
      inference_geo: null,
    },
  };
}

function ending({ stopReason, stopSequence }: FinishedReply) {
  return {
    stop_reason: stopReason,
    stop_sequence: stopSequence,
    stop_details: stopReason === "refusal" ? { type: "refusal", category: null, explanation: null } : null,
  };
}

function thinkingTokens({ blocks, blockTokens }: FinishedReply): number {
  return blockTokens.reduce((sum, tokens, at) => sum + (blocks[at]?.type === "thinking" ? tokens : 0), 0);
}

function plainBlock(block: FinishedBlock): object {
  if (block.type === "text") return { ...block, citations: null };
  if (block.type === "thinking") return block;
  const { json: _, ...plain } = block;
  return { ...plain, caller: { type: "direct" } };
}

function emptyBlock(block: FinishedBlock): object {
  if (block.type === "text") return { type: "text", text: "", citations: null };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { ...plainBlock(block), input: {} };
}

function deltasOf(block: FinishedBlock, charsPerDelta: number): object[] {
  if (block.type === "text")
    return chunks(block.text, charsPerDelta).map((text) => ({ type: "text_delta", text }));
  if (block.type === "tool_use")
    return chunks(block.json, charsPerDelta).map((partial_json) => ({
      type: "input_json_delta",
      partial_json,
    }));
  return [
    ...chunks(block.thinking, charsPerDelta).map((thinking) => ({ type: "thinking_delta", thinking })),
    { type: "signature_delta", signature: block.signature },
  ];
}

/** May split a surrogate pair; JSON escapes the halves and the client's concatenation joins them again. */
function chunks(value: string, size: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < value.length; at += size) found.push(value.slice(at, at + size));
  return found;
}
