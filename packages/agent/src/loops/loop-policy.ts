/**
 * What counts as a loop, as plain data: one ladder for each rule, and what is special about a tool. The numbers are
 * how often something useless happened in a row, in turns. A rule that is null is switched off.
 */

/** The rungs at which the model is warned, the call is blocked, the task is stopped; a rung left out is not stood on. */
export type Ladder = { readonly warn?: number; readonly block?: number; readonly stop: number };

export type ToolLoopPolicy = {
  /** The arguments that say which call it is; all others are ignored. Missing: all that are not volatile. */
  readonly identifiedBy?: readonly string[];
  /** Members of the result that say nothing about whether anything changed. */
  readonly volatile?: readonly string[];
  /** What a call does to the world; missing: guessed from the tool's name. */
  readonly effect?: "read" | "idempotent" | "write";
  /** Waiting by asking again is what this tool is for: judged by time, never by count. */
  readonly poll?: { readonly intervalMs: number; readonly maxDurationMs: number };
  /** Ladders of this tool, in place of the policy's. */
  readonly sameResult?: Ladder | null;
  readonly sameError?: Ladder | null;
};

export type LoopPolicy = {
  /** canonical: what differs in form only is the same. verbatim: as simple detectors compare, byte for byte. */
  readonly compare: "canonical" | "verbatim";
  /** turns: what is asked twice within one turn counts once. calls: each call counts. */
  readonly countBy: "turns" | "calls";
  readonly countTransportErrors: boolean;
  /** Repetitions of one call, whatever it returns. */
  readonly sameCall: Ladder | null;
  /** Repetitions of one call (or of a turn's calls) that return what they returned before. */
  readonly sameResult: Ladder | null;
  readonly sameError: Ladder | null;
  /** The same where the result says that something is not ready yet: time may change it. */
  readonly waiting: Ladder | null;
  /** Consecutive turns that repeat the one `period` turns before, results unchanged. */
  readonly cycle: (Ladder & { readonly periods: readonly number[] }) | null;
  /** Turns in a row that brought nothing new. */
  readonly noNewInformation: Ladder | null;
  /** Staleness summed up along a chain of calls, each made of what the same tool had returned (see chase.ts). */
  readonly chase: Ladder | null;
  /** Times that the assistant said again what it had said, and did nothing. */
  readonly repeatedText: Ladder | null;
  readonly tools: Readonly<Record<string, ToolLoopPolicy>>;
};

export const defaultLoopPolicy: LoopPolicy = {
  compare: "canonical",
  countBy: "turns",
  countTransportErrors: false,
  sameCall: null,
  // The fourth identical answer ends it: one repetition may be a slip, the second is answered from memory.
  sameResult: { warn: 1, block: 2, stop: 3 },
  sameError: { warn: 1, block: 2, stop: 3 },
  waiting: { warn: 3, block: 5, stop: 7 },
  cycle: { periods: [2, 3, 4, 5, 6], warn: 2, block: 3, stop: 4 },
  noNewInformation: { warn: 6, block: 8, stop: 10 },
  chase: { warn: 6, block: 8, stop: 10 },
  repeatedText: { warn: 1, block: 2, stop: 3 },
  tools: {},
};

export function completePolicy(policy: Partial<LoopPolicy> = {}): LoopPolicy {
  return { ...defaultLoopPolicy, ...policy };
}
