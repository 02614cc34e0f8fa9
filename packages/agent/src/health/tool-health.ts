/**
 * Breakers of the tools that ask for one: while it is open their calls fail at once, with words for the model. What a
 * tool says on purpose is no sign of ill health, unless it says `unavailable`.
 */
import type { Tool } from "../define-tool.ts";
import type { BreakerPolicy } from "./breaker.ts";
import type { Breakers, Passage } from "./breakers.ts";

export type ToolHealth = {
  /** undefined: the tool has no breaker. */
  admit(tool: Tool): Passage | undefined;
  /** How long its calls are kept away; 0: they are not. Takes no probe. */
  downForMs(tool: Tool): number;
};

export const DEFAULT_TOOL_BREAKER = { failures: 5, openMs: 5_000 } as const;
const OPEN_AT_MOST_MS = 60_000;

export function toolHealth(breakers: Breakers): ToolHealth {
  return {
    admit(tool) {
      const policy = policyOf(tool);
      return policy === undefined ? undefined : breakers.admit(breakerName(tool), policy);
    },
    downForMs: (tool) => (policyOf(tool) === undefined ? 0 : breakers.keepsAwayMs(breakerName(tool))),
  };
}

/** Nobody keeps a breaker: for tests. */
export const healthyTools: ToolHealth = { admit: () => undefined, downForMs: () => 0 };

/** What the model is told. */
export function toolDownMessage(tool: string, retryAfterMs: number): string {
  const wait = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return (
    `Not run: ${tool} has failed repeatedly and is out of service for the moment. Go on without it, ` +
    `or try it again in ${wait} s or later; say so if its answer is missing.`
  );
}

function policyOf({ breaker }: Tool): BreakerPolicy | undefined {
  if (breaker === undefined) return undefined;
  const { failures, openMs } = { ...DEFAULT_TOOL_BREAKER, ...(breaker === true ? {} : breaker) };
  // One task alone may find out that a tool is down: it has its own way of going on.
  return { failures, tasks: 1, openMs, openAtMostMs: Math.max(openMs, OPEN_AT_MOST_MS) };
}

function breakerName(tool: Tool): string {
  return `tool:${tool.name}`;
}
