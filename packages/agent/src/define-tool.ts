// How a user gives an agent something to do. A definition is checked when it is made, so that a bad name or a
// schema the Messages API cannot express fails at start, not in the middle of somebody's task.

import { type ToolDefinition, ToolEffect, UsdAmount } from "@pawl/protocol";
import { z } from "zod";
import type { EgressGuard } from "./egress/egress-guard.ts";

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

export type ToolDocument = {
  readonly name: string;
  readonly mediaType?: string | undefined;
  readonly text: string;
};

type LogWrite = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export type ToolContext = {
  /** Aborts on cancel, time limit or shutdown. Pass it on to whatever waits. */
  readonly signal: AbortSignal;
  /** The same for every run of this one call, however often it is repeated. */
  readonly idempotencyKey: string;
  /** The tenant's end user the task works for: use it to decide what may be seen. */
  readonly user: string | undefined;
  readonly tenant: string;
  readonly taskId: string;
  /** What was sent with the task. */
  readonly documents: readonly ToolDocument[];
  readonly log: { readonly info: LogWrite; readonly warn: LogWrite; readonly error: LogWrite };
  /** The clock, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** The way out to the network; refuses private addresses. */
  readonly egress: EgressGuard;
  /** Hosts the agent may fetch from; undefined: any public one. */
  readonly allowedHosts: readonly string[] | undefined;
  /** Says that this call cost less than the tool's `costUsd`. Throws a RangeError for more, or for less than nothing. */
  readonly reportCost: (usd: number) => void;
};

export type ToolInput = z.ZodObject;

export type Tool<Input extends ToolInput = ToolInput> = {
  readonly name: string;
  readonly description: string;
  readonly input: Input;
  /**
   * What a repetition would do. `read`: nothing, it may run again. `idempotent`: nothing, as it honours
   * `ctx.idempotencyKey`. `write`: harm, so a call whose outcome is unknown after a crash is not run again.
   */
  readonly effect: ToolEffect;
  readonly permission?: string;
  /** Longest run, in milliseconds; undefined: the loop's default. */
  readonly timeoutMs?: number;
  /**
   * What one call costs at most, in US dollars exact to the nano-dollar: held before it runs and charged to the task's
   * budget as `tool`, whether the call succeeds or not, unless it reports less. Undefined: nothing.
   */
  readonly costUsd?: number;
  /** For the loop detector: the arguments that say which call it is. Undefined: all that are not ids, times and the like. */
  readonly identifiedBy?: readonly string[];
  /** For the loop detector: members of the result that say nothing about whether anything changed. */
  readonly volatile?: readonly string[];
  /**
   * Asking again is what this tool is for. The same call is not run before `intervalMs` is over (the task waits), and is
   * judged by time: no longer than `maxDurationMs` without a change. In milliseconds.
   */
  readonly poll?: { readonly intervalMs: number; readonly maxDurationMs: number };
  /**
   * While the tool is down its calls fail at once: after `failures` (5) in a row, for `openMs` (5,000) and then longer,
   * up to a minute, until a probe succeeds. Timeouts and unforeseen errors count, and a ToolError of code `unavailable`.
   */
  readonly breaker?: true | { readonly failures?: number; readonly openMs?: number };
  // A method, not a property: tools of many inputs then fit one list.
  run(input: z.output<Input>, ctx: ToolContext): JsonValue | Promise<JsonValue>;
};

export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const KNOWN_KEYS: readonly string[] = [
  "name",
  "description",
  "input",
  "effect",
  "permission",
  "timeoutMs",
  "costUsd",
  "identifiedBy",
  "volatile",
  "poll",
  "breaker",
  "run",
];
const EFFECTS: readonly string[] = ToolEffect.options;
/** What setTimeout can count; a longer time would fire at once. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/** Throws one TypeError that lists every fault of the definition. */
export function defineTool<Input extends ToolInput>(definition: Tool<Input>): Tool<Input> {
  const faults = toolFaults(definition);
  if (faults.length > 0) {
    const named = isRecord(definition) && typeof definition.name === "string" ? ` "${definition.name}"` : "";
    throw new TypeError(`defineTool${named}: ${faults.join("; ")}`);
  }
  return Object.freeze({ ...definition, run: definition.run.bind(definition) });
}

/** Everything wrong with a value that claims to be a tool; empty for a good one. */
export function toolFaults(tool: unknown): string[] {
  if (!isRecord(tool)) return ["a tool is an object"];
  const faults = Object.keys(tool)
    .filter((key) => !KNOWN_KEYS.includes(key))
    .map((key) => `unknown key "${key}"`);
  if (typeof tool.name !== "string" || !TOOL_NAME.test(tool.name)) {
    faults.push("name must be 1 to 64 letters, digits, _ or -");
  }
  if (typeof tool.description !== "string" || tool.description.trim() === "") {
    faults.push("description must say when to use the tool");
  }
  if (typeof tool.effect !== "string" || !EFFECTS.includes(tool.effect)) {
    faults.push(`effect must be one of ${EFFECTS.join(", ")}`);
  }
  if (typeof tool.run !== "function") faults.push("run must be a function");
  if (tool.permission !== undefined && (typeof tool.permission !== "string" || tool.permission === "")) {
    faults.push("permission must be a non-empty string");
  }
  if (tool.timeoutMs !== undefined && !isTimeoutMs(tool.timeoutMs)) {
    faults.push(`timeoutMs must be a whole number from 1 to ${MAX_TIMEOUT_MS}`);
  }
  if (tool.costUsd !== undefined) {
    const [fault] = UsdAmount.safeParse(tool.costUsd).error?.issues ?? [];
    if (fault !== undefined) faults.push(`costUsd ${fault.message}`);
  }
  if (tool.breaker !== undefined && !isBreaker(tool.breaker)) {
    faults.push("breaker must be true, or { failures?, openMs? } as whole numbers from 1");
  }
  return [...faults, ...loopFaults(tool), ...inputFaults(tool.input)];
}

function loopFaults({ identifiedBy, volatile, poll }: Record<string, unknown>): string[] {
  const faults = Object.entries({ identifiedBy, volatile }).flatMap(([key, names]) =>
    names === undefined || (Array.isArray(names) && names.every((name) => typeof name === "string"))
      ? []
      : [`${key} must be a list of names`],
  );
  if (poll === undefined) return faults;
  const times = isRecord(poll) ? [poll.intervalMs, poll.maxDurationMs] : [];
  const isPoll = times.length === 2 && times.every(isTimeoutMs);
  return isPoll
    ? faults
    : [...faults, "poll must be { intervalMs, maxDurationMs }, both whole numbers above 0"];
}

/** JSON Schema (draft 2020-12) of what the model is to send; `additionalProperties: false` of strict objects stays. */
export function toolInputSchema(tool: { readonly input: ToolInput }): ToolDefinition["input_schema"] {
  const { $schema: _draft, type: _object, ...schema } = z.toJSONSchema(tool.input, { io: "input" });
  return { type: "object", ...schema };
}

/** A tool's answer as the text the model reads. */
export function toolResultText(result: JsonValue): string {
  if (typeof result === "string") return result;
  // A tool that returns nothing has still answered.
  return JSON.stringify(result) ?? "null";
}

function inputFaults(input: unknown): string[] {
  if (!isObjectSchema(input)) return ["input must be a zod object schema (z.object or z.strictObject)"];
  try {
    toolInputSchema({ input });
    return [];
  } catch (error) {
    return [
      `input cannot be written as JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
}

/** By structure, not instanceof: the author's zod may be another copy than ours. */
function isObjectSchema(input: unknown): input is ToolInput {
  if (!isRecord(input) || typeof input.safeParse !== "function" || !isRecord(input._zod)) return false;
  return isRecord(input._zod.def) && input._zod.def.type === "object";
}

function isBreaker(value: unknown): boolean {
  if (value === true) return true;
  if (!isRecord(value)) return false;
  const { failures = 1, openMs = 1, ...others } = value;
  return isTimeoutMs(failures) && isTimeoutMs(openMs) && Object.keys(others).length === 0;
}

function isTimeoutMs(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_TIMEOUT_MS;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
