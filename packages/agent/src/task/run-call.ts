/**
 * Runs one call of a tool. A tool's failure is content for the model, never an exception for the loop; the only
 * thing thrown from here is an interruption, which leaves the call unanswered.
 */
import type { EventData, NewEvent } from "@pawl/protocol";
import type { Tool, ToolContext } from "../define-tool.ts";
import { toolResultText } from "../define-tool.ts";
import { toolFailure } from "../tool-error.ts";
import type { ToolCall } from "./conversation.ts";

export type PreparedCall = { call: ToolCall; tool: Tool; input: Record<string, unknown> };
export type ToolOutcome = NewEvent & { type: "tool.completed" | "tool.failed" };

export const DEFAULT_TOOL_TIMEOUT_MS = 60_000;

/** Finds the tool and checks the input; a failed event where the call cannot be run. */
export function prepareCall(call: ToolCall, tools: ReadonlyMap<string, Tool>): PreparedCall | ToolOutcome {
  const tool = tools.get(call.tool);
  if (tool === undefined) {
    const known = [...tools.keys()].join(", ") || "none";
    return failed(call, "unknown_tool", `There is no tool ${JSON.stringify(call.tool)}. Tools: ${known}.`);
  }
  if (call.unfit === "cut")
    return failed(
      call,
      "reply_cut",
      "Your reply was cut off in the middle of this call, so it was not run. Call again, with less text before it.",
    );
  if (call.unfit === "malformed")
    return failed(
      call,
      "invalid_input",
      "The input was not valid JSON. Call the tool again with a JSON object.",
    );
  const parsed = parseInput(tool, call.input);
  if ("input" in parsed) return { call, tool, input: parsed.input };
  return failed(call, "invalid_input", `The input does not fit the tool. ${parsed.faults.join("; ")}`);
}

function parseInput(tool: Tool, input: unknown): { input: Record<string, unknown> } | { faults: string[] } {
  try {
    const parsed = tool.input.safeParse(input);
    if (parsed.success) return { input: parsed.data };
    const issues = parsed.error.issues.slice(0, 10);
    return {
      faults: issues.map(
        ({ path, message }) => `${path.length === 0 ? "input" : path.join(".")}: ${message}`,
      ),
    };
  } catch (error) {
    // A refinement of the tool's author that throws instead of refusing.
    return { faults: [error instanceof Error ? error.message : "it could not be checked"] };
  }
}

/** Rejects with `context.signal.reason` if that aborts first. `isIll`: it failed of what its author did not foresee. */
export async function runCall(
  { call, tool, input }: PreparedCall,
  context: ToolContext,
  startedAtMs: number,
): Promise<{ outcome: ToolOutcome; isIll: boolean }> {
  const timeoutMs = tool.timeoutMs ?? DEFAULT_TOOL_TIMEOUT_MS;
  const watched = watch(context.signal, timeoutMs);
  const duration = () => Math.max(0, context.nowMs() - startedAtMs);
  try {
    // A tool that ignores its signal must not hold the task.
    const own: ToolContext = {
      ...context,
      get signal() {
        return watched.signal();
      },
    };
    const result = await Promise.race([(async () => tool.run(input, own))(), watched.aborted]);
    return { outcome: completed(call, kept(toolResultText(result)), duration()), isIll: false };
  } catch (error) {
    context.signal.throwIfAborted();
    if (watched.isOver())
      return {
        outcome: failed(call, "tool_timeout", timeoutMessage(tool, timeoutMs), duration()),
        isIll: true,
      };
    const failure = toolFailure(error);
    if (failure.code === "internal_error")
      context.log.error("a tool failed unexpectedly", { tool: call.tool, error });
    const isIll = failure.code === "internal_error" || failure.code === "unavailable";
    return { outcome: failed(call, "tool_error", failure.message, duration()), isIll };
  } finally {
    watched.clear();
  }
}

export function completed(call: ToolCall, content: string, durationMs: number): ToolOutcome {
  return {
    type: "tool.completed",
    data: { call: call.id, tool: call.tool, content, duration_ms: durationMs },
  };
}

export function failed(
  call: ToolCall,
  code: EventData<"tool.failed">["error"]["code"],
  message: string,
  durationMs = 0,
): ToolOutcome {
  return {
    type: "tool.failed",
    data: {
      call: call.id,
      tool: call.tool,
      // The API takes no empty answer.
      error: { code, message: message.trim() === "" ? "The tool failed." : message.toWellFormed() },
      duration_ms: durationMs,
    },
  };
}

/** More than anybody reads; Redis must hold it until the task is forgotten. */
const KEPT_CHARS = 2 ** 20;

function kept(content: string): string {
  if (content.length <= KEPT_CHARS) return content.toWellFormed();
  return `${content.slice(0, KEPT_CHARS).toWellFormed()}\n\n[… ${content.length - KEPT_CHARS} characters were not kept.]`;
}

function timeoutMessage(tool: Tool, timeoutMs: number): string {
  const rest = tool.effect === "write" ? " Whether it took effect is unknown; do not assume either." : "";
  return `The tool did not answer within ${timeoutMs} ms.${rest}`;
}

/**
 * A signal that aborts with the run's, or when the time is up; `aborted` rejects as it does. By hand: for each call
 * AbortSignal.any would cost more than all else here, and leave its work to the garbage collector. Made for a tool that
 * asks for it: most never do.
 */
function watch(outer: AbortSignal, timeoutMs: number) {
  let made: AbortController | undefined;
  const own = () => {
    made ??= new AbortController();
    return made;
  };
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (reason?: unknown) => {
    own().abort(reason);
    reject(own().signal.reason);
  };
  const onAbort = () => abort(outer.reason);
  if (outer.aborted) onAbort();
  else outer.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(abort, timeoutMs);
  const clear = () => {
    clearTimeout(timer);
    outer.removeEventListener("abort", onAbort);
  };
  const isOver = () => made?.signal.aborted === true;
  return { signal: () => own().signal, isOver, aborted, clear };
}
