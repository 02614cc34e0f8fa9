// What POST /v1/messages accepts, as API version 2026-10-21 does: shape first, then the rules between messages.
// A request that passes is one the real API would take; what it refuses is refused here in its words.

import { z } from "zod";
import { type ApiError, apiError } from "./api-error.ts";
import { conversationProblem } from "./conversation-rules.ts";
import { isDeeperThan, isObject, MAX_JSON_DEPTH } from "./json.ts";

const CacheControl = z
  .looseObject({ type: z.literal("ephemeral"), ttl: z.enum(["5m", "1h"]).optional() })
  .nullish();

const TextBlock = z.looseObject({ type: z.literal("text"), text: z.string(), cache_control: CacheControl });
const ToolUseBlock = z.looseObject({
  type: z.literal("tool_use"),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
  cache_control: CacheControl,
});
const ToolResultBlock = z.looseObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z
    .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))])
    .optional(),
  is_error: z.boolean().nullish(),
  cache_control: CacheControl,
});
/** Accepted and carried, but nothing here looks into them further than their text. */
const OtherBlock = z.looseObject({
  type: z.enum([
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "container_upload",
    "mcp_tool_use",
    "mcp_tool_result",
    "compaction",
  ]),
  cache_control: CacheControl,
});
const Block = z.discriminatedUnion("type", [TextBlock, ToolUseBlock, ToolResultBlock, OtherBlock]);

const Message = z.strictObject({
  role: z.enum(["user", "assistant", "system"]),
  content: z.union([z.string(), z.array(Block)]),
});

/** `type` other than "custom" names a tool the API runs itself: accepted, never called here. */
const Tool = z.looseObject({
  type: z.string().nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal("object") }).optional(),
  cache_control: CacheControl,
});

const ToolChoice = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("auto"), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal("any"), disable_parallel_tool_use: z.boolean().optional() }),
  z.strictObject({ type: z.literal("none") }),
  z.strictObject({
    type: z.literal("tool"),
    name: z.string(),
    disable_parallel_tool_use: z.boolean().optional(),
  }),
]);

const anything = z.unknown().optional();
const countable = {
  model: z.string().min(1).max(256),
  messages: z.array(Message).min(1).max(100_000),
  system: z.union([z.string(), z.array(TextBlock)]).optional(),
  tools: z.array(Tool).optional(),
  tool_choice: ToolChoice.optional(),
  thinking: z.looseObject({ type: z.string() }).optional(),
  cache_control: CacheControl,
  output_config: z.looseObject({}).optional(),
  context_management: anything,
  mcp_servers: anything,
  betas: anything,
  speed: anything,
  user_profile_id: anything,
  workspace_id: anything,
};

export const CountRequest = z.strictObject(countable);
export type CountRequest = z.infer<typeof CountRequest>;

export const MessageRequest = z.strictObject({
  ...countable,
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string()).optional(),
  metadata: z.looseObject({}).optional(),
  service_tier: z.enum(["auto", "standard_only"]).optional(),
  container: anything,
  diagnostics: anything,
  inference_geo: anything,
});
export type MessageRequest = z.infer<typeof MessageRequest>;
export type MessageBlock = z.infer<typeof Block>;
export type RequestTool = z.infer<typeof Tool>;

/** Facts about two model families: a forced tool choice is an error and thinking cannot be switched off. */
const ALWAYS_THINKING = /^claude-(opus-5-5|fable-5-1)/;
const MAX_BREAKPOINTS = 4;

/** The request, or the error the API would answer. Never throws, whatever the value is. */
export function readRequest<Request extends CountRequest>(
  schema: z.ZodType<Request>,
  body: unknown,
): { request: Request } | { error: ApiError } {
  if (!isObject(body)) return { error: apiError(400, "The request body must be a JSON object") };
  if (isDeeperThan(body, MAX_JSON_DEPTH))
    return { error: apiError(400, "The request body is nested too deeply") };
  for (const name of ["temperature", "top_p", "top_k"]) {
    if (Object.hasOwn(body, name))
      return { error: apiError(400, `${name}: is not supported as of API version 2026-10-21`) };
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) return { error: apiError(400, firstProblem(parsed.error)) };
  const request = parsed.data;
  if (!request.model.startsWith("claude-")) return { error: apiError(404, `model: ${request.model}`) };
  const problem = toolProblem(request) ?? cacheProblem(request) ?? conversationProblem(request.messages);
  return problem === undefined ? { request } : { error: apiError(400, problem) };
}

function toolProblem({ tools = [], tool_choice: choice, model, thinking }: CountRequest): string | undefined {
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    if (names.has(tool.name)) return "tools: Tool names must be unique.";
    names.add(tool.name);
    if ((tool.type ?? "custom") === "custom" && tool.input_schema === undefined)
      return `tools.${index}.custom.input_schema: Field required`;
  }
  if (ALWAYS_THINKING.test(model) && thinking?.type === "disabled")
    return `thinking.type: thinking cannot be disabled for ${model}`;
  if (choice === undefined) return undefined;
  if (tools.length === 0) return "tool_choice: may only be specified while providing tools";
  if (choice.type === "tool" && !names.has(choice.name))
    return `tool_choice: Tool '${choice.name}' not found in provided tools`;
  if (ALWAYS_THINKING.test(model) && (choice.type === "any" || choice.type === "tool"))
    return `tool_choice: forced tool use is not supported for ${model}`;
  return undefined;
}

function cacheProblem({ system, tools = [], messages }: CountRequest): string | undefined {
  const blocks = [
    ...tools,
    ...(Array.isArray(system) ? system : []),
    ...messages.flatMap(({ content }) => (typeof content === "string" ? [] : content)),
  ];
  let breakpoints = 0;
  for (const { cache_control } of blocks) if (cache_control) breakpoints += 1;
  return breakpoints > MAX_BREAKPOINTS
    ? `A maximum of ${MAX_BREAKPOINTS} blocks with cache_control may be provided. Found ${breakpoints}.`
    : undefined;
}

/** The first problem in the API's manner: `messages.0.role: …`, with "Field required" for what is missing. */
function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "Invalid request";
  if (issue.code === "unrecognized_keys")
    return `${[...issue.path, issue.keys[0]].join(".")}: Extra inputs are not permitted`;
  const missing = issue.code === "invalid_type" && /received undefined/.test(issue.message);
  const path = issue.path.join(".").slice(0, 200);
  return `${path}: ${missing ? "Field required" : issue.message}`;
}
