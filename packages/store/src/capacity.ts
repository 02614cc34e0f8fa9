/**
 * Calls lease.lua: what a provider allows the whole fleet for a model, in slices of a second. Every call of it is made
 * in the background: who wants to ask a model is answered from the memory of its worker.
 */
import { globalKeys } from "./keys.ts";
import { numberAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript, type ScriptArgument } from "./scripts.ts";
import type { Store } from "./store.ts";

/** Of a minute; undefined: none. */
export type CapacityLimits = {
  requests?: number | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
};

export type CapacityAsk = {
  /** Who serves the model: the fleet's limits are those of this name. */
  provider: string;
  model: string;
  worker: string;
  wantedCalls: number;
  /** How many wait for a call there, those that are parked included: what slices are weighed by. */
  weight: number;
  /** What one call is expected to need. */
  inputTokens: number;
  outputTokens: number;
  /** Sent without a slot, since no limit was known. */
  unslottedCalls: number;
  returnedCalls: number;
  /** Estimated and not used; negative: more were used. */
  unusedInputTokens: number;
  unusedOutputTokens: number;
  configured: CapacityLimits;
  /** What an answer's headers said, where that is new: `free` where they name no limit. */
  news?:
    | { kind: "free" }
    | { kind: "limits"; limits: CapacityLimits; remainingRequests?: number | undefined };
  /** The provider refused a call, and said for how long nobody should ask. */
  pauseMs?: number | undefined;
  horizonMs: number;
};

export type CapacityLease = {
  known: "unknown" | "free" | "limited";
  limits: CapacityLimits;
  /** How many calls may be sent: the first in `firstInMs`, each further one `everyMs` later. */
  grantedCalls: number;
  firstInMs: number;
  everyMs: number;
  againInMs: number;
  /** How many wait with the other workers. */
  othersWeight: number;
  pausedMs: number;
};

export async function leaseCapacity(store: Store, ask: CapacityAsk): Promise<CapacityLease> {
  const base = globalKeys.capacity(ask.provider, ask.model);
  const reply = replyList(await runScript(store.redis, store.scripts.lease, base, argumentsOf(ask)));
  return {
    known: knownOf(textAt(reply, 0)),
    limits: { requests: limitAt(reply, 1), inputTokens: limitAt(reply, 2), outputTokens: limitAt(reply, 3) },
    grantedCalls: numberAt(reply, 4),
    firstInMs: numberAt(reply, 5),
    everyMs: numberAt(reply, 6),
    againInMs: numberAt(reply, 7),
    othersWeight: numberAt(reply, 8),
    pausedMs: numberAt(reply, 9),
  };
}

function argumentsOf(ask: CapacityAsk): ScriptArgument[] {
  const { news } = ask;
  return [
    ask.worker,
    ask.wantedCalls,
    ask.weight,
    Math.ceil(ask.inputTokens),
    Math.ceil(ask.outputTokens),
    ask.unslottedCalls,
    ask.returnedCalls,
    Math.round(ask.unusedInputTokens),
    Math.round(ask.unusedOutputTokens),
    ...limitArguments(ask.configured),
    ...(news === undefined
      ? [""]
      : news.kind === "free"
        ? ["free"]
        : ["limits", ...limitArguments(news.limits), news.remainingRequests ?? ""]),
    ask.pauseMs === undefined ? "" : Math.ceil(ask.pauseMs),
    ask.horizonMs,
  ];
}

function limitArguments({ requests, inputTokens, outputTokens }: CapacityLimits): ScriptArgument[] {
  return [requests ?? "", inputTokens ?? "", outputTokens ?? ""];
}

function limitAt(reply: ReturnType<typeof replyList>, at: number): number | undefined {
  const text = textAt(reply, at);
  return text === "" ? undefined : Number(text);
}

function knownOf(word: string): CapacityLease["known"] {
  if (word === "unknown" || word === "free" || word === "limited") return word;
  return unknownVerdict("lease", word);
}
