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

type Building = { block: ContentBlock; pieces: string[]; json: string[] };

export async function readReply(
  stream: AsyncIterable<Anthropic.RawMessageStreamEvent>,
  onText: (text: string) => void,
): Promise<ModelReply> {
  let start: Anthropic.Message | undefined;
  let end: Anthropic.RawMessageDeltaEvent | undefined;
  let stopped = false;
  const building: Building[] = [];
  for await (const event of stream) {
    switch (event.type) {
      case "message_start":
        start = event.message;
        break;
      case "content_block_start":
        building[event.index] = { block: { ...event.content_block }, pieces: [], json: [] };
        break;
      case "content_block_delta":
        addDelta(building[event.index], event.delta, onText);
        break;
      case "message_delta":
        end = event;
        break;
      case "message_stop":
        stopped = true;
        break;
    }
  }
  if (!stopped || start === undefined || end === undefined || end.delta.stop_reason === null)
    throw new StreamIncompleteError("the model's stream ended before its message did");
  const malformed = new Map<string, string>();
  const content = building.map((built) => finishBlock(built, malformed));
  return {
    messageId: start.id,
    content,
    stopReason: end.delta.stop_reason,
    malformed,
    ...readUsage(start.usage, end.usage),
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
      built.pieces.push(delta.text);
      onText(delta.text);
      break;
    case "input_json_delta":
      built.json.push(delta.partial_json);
      break;
    case "thinking_delta":
      built.pieces.push(delta.thinking);
      break;
    case "signature_delta":
      built.block.signature = delta.signature;
      break;
    case "citations_delta": {
      const citations = Array.isArray(built.block.citations) ? built.block.citations : [];
      built.block.citations = [...citations, delta.citation];
      break;
    }
  }
}

function finishBlock({ block, pieces, json }: Building, malformed: Map<string, string>): ContentBlock {
  if (block.type === "text") return { ...block, text: `${block.text ?? ""}${pieces.join("")}` };
  if (block.type === "thinking") return { ...block, thinking: `${block.thinking ?? ""}${pieces.join("")}` };
  if (json.length === 0) return block;
  const input = parseObject(json.join(""));
  if (input === undefined && typeof block.id === "string") malformed.set(block.id, json.join(""));
  return { ...block, input: input ?? {} };
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

/** The last delta's counts are cumulative; what it leaves out stands as the start said. */
function readUsage(
  start: Anthropic.Usage,
  end: Anthropic.MessageDeltaUsage,
): Pick<ModelReply, "billed" | "usage"> {
  const billed: BilledUsage = {
    input_tokens: end.input_tokens ?? start.input_tokens,
    output_tokens: end.output_tokens,
    cache_read_input_tokens: end.cache_read_input_tokens ?? start.cache_read_input_tokens,
    cache_creation_input_tokens: end.cache_creation_input_tokens ?? start.cache_creation_input_tokens,
    cache_creation: start.cache_creation,
  };
  return {
    billed,
    usage: {
      input_tokens: count(billed.input_tokens),
      output_tokens: count(billed.output_tokens),
      cache_read_tokens: count(billed.cache_read_input_tokens),
      cache_write_tokens: count(billed.cache_creation_input_tokens),
    },
  };
}

/** A gateway may report anything. */
function count(tokens: unknown): number {
  return typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : 0;
}
