/**
 * One reply of the model, put together from the events of its stream. A stream is an answer only if it ended with
 * `message_stop`: one that stalls, is cut, or ends politely too early is not. Tool input is parsed strictly, as a
 * whole: half a JSON object that happens to read well is not what the model asked for.
 */
import type Anthropic from "@anthropic-ai/sdk";
import type { ContentBlock, TokenUsage } from "@pawl/protocol";
import type { BilledUsage } from "../models/prices.ts";

export type ModelReply = {
  messageId: string;
  content: ContentBlock[];
  stopReason: string;
  /** As the API bills it. */
  billed: BilledUsage;
  usage: TokenUsage;
  /** Calls whose input was not valid JSON, by id. */
  malformed: ReadonlyMap<string, string>;
};

export class StreamIncompleteError extends Error {
  override readonly name = "StreamIncompleteError";
}

/** Hears one reply's events in their order; `finish` has the reply, or throws where it is none. */
export type ReplyBuilder = {
  hear(event: Anthropic.RawMessageStreamEvent): void;
  finish(): ModelReply;
};

type Building = { block: ContentBlock; text: string; json: string | undefined };

/** The events must be the builder's to keep: blocks become part of the reply. */
export function buildReply(onText: (text: string) => void): ReplyBuilder {
  let start: Anthropic.Message | undefined;
  let end: Anthropic.RawMessageDeltaEvent | undefined;
  let stopped = false;
  /** By the index that the events give; in the order in which they began, which is the reply's. */
  const building = new Map<number, Building>();
  return {
    hear(event) {
      switch (event.type) {
        case "message_start":
          start = event.message;
          break;
        case "content_block_start":
          building.set(event.index, { block: { ...event.content_block }, text: "", json: undefined });
          break;
        case "content_block_delta":
          addDelta(building.get(event.index), event.delta, onText);
          break;
        case "message_delta":
          end = event;
          break;
        case "message_stop":
          stopped = true;
          break;
      }
    },
    finish() {
      const stopReason = textOf(end?.delta.stop_reason);
      if (!stopped || start === undefined || end === undefined || stopReason === "")
        throw new StreamIncompleteError("the model's stream ended before its message did");
      const malformed = new Map<string, string>();
      const content = Array.from(building.values(), (built) => finishBlock(built, malformed));
      return {
        messageId: textOf(start.id),
        content,
        stopReason,
        malformed,
        ...readUsage(start.usage ?? {}, end.usage ?? {}),
      };
    },
  };
}

function addDelta(
  built: Building | undefined,
  delta: Anthropic.RawContentBlockDelta,
  onText: (text: string) => void,
): void {
  if (built === undefined) throw new StreamIncompleteError("the model's stream lost the start of a block");
  switch (delta.type) {
    case "text_delta":
      built.text += textOf(delta.text);
      onText(textOf(delta.text));
      break;
    case "input_json_delta":
      built.json = (built.json ?? "") + textOf(delta.partial_json);
      break;
    case "thinking_delta":
      built.text += textOf(delta.thinking);
      break;
    case "signature_delta":
      built.block.signature = delta.signature;
      break;
    case "citations_delta": {
      if (Array.isArray(built.block.citations)) built.block.citations.push(delta.citation);
      else built.block.citations = [delta.citation];
      break;
    }
  }
}

function finishBlock({ block, text, json }: Building, malformed: Map<string, string>): ContentBlock {
  if (block.type === "text") block.text = `${block.text ?? ""}${text}`;
  else if (block.type === "thinking") block.thinking = `${block.thinking ?? ""}${text}`;
  else if (json !== undefined) {
    const input = parseObject(json);
    if (input === undefined && typeof block.id === "string") malformed.set(block.id, json);
    block.input = input ?? {};
  }
  return block;
}

function parseObject(json: string): Record<string, unknown> | undefined {
  if (json.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The last delta's counts are cumulative; what it leaves out stands as the start said, and so does what it says less
 * of. What neither says is no number, so that no price is made of it: the start's output is only that of its first
 * moment.
 */
function readUsage(
  start: Partial<Anthropic.Usage>,
  end: Partial<Anthropic.MessageDeltaUsage>,
): Pick<ModelReply, "billed" | "usage"> {
  const billed: BilledUsage = {
    ...start,
    input_tokens: larger(start.input_tokens, end.input_tokens) ?? Number.NaN,
    output_tokens: larger(start.output_tokens, end.output_tokens ?? Number.NaN) ?? Number.NaN,
    output_tokens_details: end.output_tokens_details ?? start.output_tokens_details,
    cache_read_input_tokens: larger(start.cache_read_input_tokens, end.cache_read_input_tokens),
    cache_creation_input_tokens: larger(start.cache_creation_input_tokens, end.cache_creation_input_tokens),
    server_tool_use: end.server_tool_use ?? start.server_tool_use,
  };
  return {
    billed,
    usage: {
      input_tokens: count(billed.input_tokens),
      output_tokens: count(billed.output_tokens),
      cache_read_tokens: count(billed.cache_read_input_tokens),
      cache_write_tokens: Math.max(count(billed.cache_creation_input_tokens), splitWrites(billed)),
    },
  };
}

function splitWrites({ cache_creation: split }: BilledUsage): number {
  return count(split?.ephemeral_5m_input_tokens) + count(split?.ephemeral_1h_input_tokens);
}

/** Of what is said; what is no count goes before one that is, to be refused. */
function larger(...counts: (number | null | undefined)[]): number | undefined {
  const said = counts.filter((tokens) => tokens !== null && tokens !== undefined);
  return said.find((tokens) => !isCount(tokens)) ?? (said.length === 0 ? undefined : Math.max(...said));
}

function count(tokens: unknown): number {
  return isCount(tokens) ? tokens : 0;
}

/** A gateway may report anything, here and below. */
function isCount(tokens: unknown): tokens is number {
  return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0;
}

function textOf(piece: unknown): string {
  return typeof piece === "string" ? piece : "";
}
