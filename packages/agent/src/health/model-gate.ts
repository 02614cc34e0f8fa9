/**
 * Asked before a model is: whether it is up (its breaker), and whether its provider has room for the call (its rate).
 * Answered from memory, nearly always at once; what the fleet must know is told and learnt in the background. It holds
 * no money and no promise: who is sent away waits elsewhere.
 */
import type { ModelFailure } from "../model/failure.ts";
import type { BreakerPolicy } from "./breaker.ts";
import type { Breakers, HealthLog, Pass } from "./breakers.ts";
import { type ModelRate, openModelRate, type RatedCall } from "./model-rate.ts";
import type { RateLimits, ToldLimits } from "./rate-limits.ts";
import type { Slice, SliceAsk } from "./slice.ts";

export type ModelAsk = { model: string; tenant: string; task: string; signal: AbortSignal };

export type Admission =
  | { kind: "go"; permit: Permit }
  /** Its breaker is open. */
  | { kind: "unavailable"; retryAfterMs: number }
  /** Its provider's rate allows no call now. */
  | { kind: "busy"; retryAfterMs: number };

export type CallOutcome =
  /** It was not sent. */
  | { kind: "unused" }
  | { kind: "answered"; inputTokens: number; outputTokens: number }
  | { kind: "failed"; failure: ModelFailure }
  /** By us: it says nothing of the provider. */
  | { kind: "broken_off" };

/** One call that may be made. `done` is called once, whatever becomes of it. */
export type Permit = {
  /** The answer has begun: what its headers say of limits. */
  told(limits: ToldLimits | undefined): void;
  /** Resolves with whether it failed for want of a provider: then no try is to be counted. */
  done(outcome: CallOutcome): Promise<boolean>;
};

export type ModelGate = {
  /** A promise where there is to be waited, for seconds at most; an abort ends the wait. */
  admit(ask: ModelAsk): Admission | Promise<Admission>;
  /** Whether its breaker keeps calls away at this moment. */
  isDown(model: string): boolean;
};

export type ModelGateDeps = {
  breakers: Breakers;
  breaker: BreakerPolicy;
  /** By model; those that are missing are learnt. */
  limits: Readonly<Record<string, RateLimits>>;
  lease: (ask: SliceAsk) => Promise<Slice>;
  nowMs: () => number;
  random: () => number;
  log: HealthLog;
};

export function openModelGate(deps: ModelGateDeps): ModelGate & { close(): void } {
  const { breakers, breaker, limits, lease, nowMs, random, log } = deps;
  const rates = new Map<string, ModelRate>();

  function rateOf(model: string): ModelRate {
    const found = rates.get(model);
    if (found !== undefined) return found;
    const configured = Object.hasOwn(limits, model) ? (limits[model] ?? {}) : {};
    const made = openModelRate({ model, configured, lease, nowMs, random, log });
    rates.set(model, made);
    return made;
  }

  return {
    admit({ model, tenant, task, signal }) {
      const passage = breakers.admit(breakerName(model), breaker);
      if (passage.kind === "open") return { kind: "unavailable", retryAfterMs: passage.retryAfterMs };
      const { pass } = passage;
      const rate = rateOf(model);
      const admitted = rate.admit({ tenant, signal });
      const answer = (rated: Awaited<typeof admitted>): Admission => {
        if (rated.kind === "go") return { kind: "go", permit: permitFor(task, pass, rate, rated.call) };
        pass.forgotten();
        return rated;
      };
      return admitted instanceof Promise ? admitted.then(answer) : answer(admitted);
    },
    isDown: (model) => breakers.keepsAwayMs(breakerName(model)) > 0,
    close() {
      for (const rate of rates.values()) rate.close();
    },
  };
}

function breakerName(model: string): string {
  return `model:${model}`;
}

function permitFor(task: string, pass: Pass, rate: ModelRate, call: RatedCall): Permit {
  let isAnswered = false;
  const answered = () => {
    if (!isAnswered) pass.answered();
    isAnswered = true;
  };
  return {
    told(limits) {
      call.told(limits);
      // A probe need not wait for the end of a long answer.
      answered();
    },
    async done(outcome) {
      switch (outcome.kind) {
        case "unused":
          call.end({ unused: true });
          pass.forgotten();
          return false;
        case "broken_off":
          call.end({});
          if (!isAnswered) pass.forgotten();
          return false;
        case "answered":
          call.end(outcome);
          answered();
          return false;
        case "failed":
          call.end({});
          return failed(outcome.failure);
      }
    },
  };

  async function failed({ status, retryable, retryAfterMs, limits }: ModelFailure): Promise<boolean> {
    if (limits !== undefined) call.told(limits);
    if (status === 429) {
      // Whoever counts calls is up.
      answered();
      return rate.refused(retryAfterMs);
    }
    if (retryable) return pass.failed(task);
    answered();
    return false;
  }
}

/** Every call may be made: for tests, and for a model in the same process. */
export const openToAll: ModelGate = {
  admit: () => ({ kind: "go", permit: { told: () => {}, done: async () => false } }),
  isDown: () => false,
};
