/** One exchange with the model over the Messages API, always streamed, never retried here. */
import Anthropic from "@anthropic-ai/sdk";
import type { AgentDefinition, ContentBlock } from "@pawl/protocol";
import { readRateLimits, type ToldLimits } from "../health/rate-limits.ts";
import type { Message } from "../task/message.ts";
import { readReply } from "./read-reply.ts";
import type { ModelReply } from "./reply.ts";
import { watchedFetch } from "./watched-fetch.ts";

export type ModelRequest = {
  model: string;
  definition: AgentDefinition;
  messages: readonly Message[];
  maxTokens: number;
  /** false: the model must answer with text (`tool_choice: none`); the tools stay listed for the cache's sake. */
  mayUseTools: boolean;
};

export type Model = {
  /** Throws what the SDK, the network or `onText` threw; an abort by `signal` rejects with its reason. */
  ask(
    request: ModelRequest,
    options: {
      signal: AbortSignal;
      onText: (text: string) => void;
      /** The answer has begun; undefined: its headers name no limit of the provider's. */
      onLimits?: (told: ToldLimits | undefined) => void;
    },
  ): Promise<ModelReply>;
  /** The provider's own count of the request's input tokens; undefined where it cannot be had. */
  countTokens(request: ModelRequest, signal: AbortSignal): Promise<number | undefined>;
};

export type AnthropicModelOptions = {
  apiKey: string;
  baseUrl?: string | undefined;
  /** A stream that is silent for this long is given up. */
  idleTimeoutMs: number;
};

export function anthropicModel({ apiKey, baseUrl, idleTimeoutMs }: AnthropicModelOptions): Model {
  const client = new Anthropic({
    apiKey,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    maxRetries: 0,
    fetch: watchedFetch(idleTimeoutMs),
  });
  return {
    async ask(request, { signal, onText, onLimits }) {
      signal.throwIfAborted();
      // A signal of its own: the SDK lets go of one only when it has read the stream itself.
      const call = new AbortController();
      const abort = () => call.abort(signal.reason);
      signal.addEventListener("abort", abort);
      const body = { ...requestBody(request), max_tokens: request.maxTokens, stream: true as const };
      try {
        // A generous time to headers: the watchdog is the one that decides.
        const options = { signal: call.signal, timeout: idleTimeoutMs * 2 };
        const response = await client.messages.create(body, options).asResponse();
        onLimits?.(readRateLimits(response.headers));
        return await readReply(response, onText);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
    async countTokens(request, signal) {
      try {
        const count = await client.messages.countTokens(requestBody(request), {
          signal,
          timeout: idleTimeoutMs,
        });
        return count.input_tokens;
      } catch {
        signal.throwIfAborted();
        return undefined;
      }
    },
  };
}

const CACHED: Anthropic.CacheControlEphemeral = { type: "ephemeral" };

function requestBody({ model, definition, messages, mayUseTools }: ModelRequest) {
  const tools = definition.tools.map(
    ({ name, description, input_schema }): Anthropic.Tool => ({ name, description, input_schema }),
  );
  const marked = breakpoints(messages);
  return {
    model,
    system: [{ type: "text" as const, text: definition.system, cache_control: CACHED }],
    messages: messages.map((message, i) => messageParam(message, marked.has(i))),
    ...(tools.length === 0 ? {} : { tools }),
    ...(tools.length === 0 || mayUseTools ? {} : { tool_choice: { type: "none" as const } }),
  };
}

/**
 * The messages that end in a cache breakpoint; with the one behind tools and system there are four, as many as the API
 * takes. The newest message: what is written now. What was newest when the last reply was asked for: it is read from
 * there, however many blocks that turn added, for the API looks back over no more than about twenty from a breakpoint.
 * The first: the task is still there when what follows it was cleared or summed up.
 */
function breakpoints(messages: readonly Message[]): ReadonlySet<number> {
  const lastReply = messages.findLastIndex(({ role }) => role === "assistant");
  return new Set([0, lastReply - 1, messages.length - 1]);
}

function messageParam({ role, content }: Message, isMarked: boolean): Anthropic.MessageParam {
  const mark = isMarked ? content.findLastIndex(isCacheable) : -1;
  const blocks = content.map((block, i) => (i === mark ? { ...block, cache_control: CACHED } : block));
  return { role, content: asParams(mark < 0 ? content : blocks) };
}

/** Blocks are kept verbatim as the API sent them, or built by us in its form: it reads back what it wrote. */
function asParams(blocks: readonly object[]): Anthropic.ContentBlockParam[] {
  return [...blocks] as Anthropic.ContentBlockParam[];
}

/** Thinking takes no breakpoint, nor does what the API's own tools said. */
function isCacheable({ type }: ContentBlock): boolean {
  return type === "text" || type === "tool_result" || type === "tool_use";
}
