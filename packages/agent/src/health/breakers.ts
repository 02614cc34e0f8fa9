/**
 * The fleet's breakers: each worker has its own of every provider's model and of every tool that asks for one, and they
 * tell each other what they see. Nobody waits for a word, and a lost one costs time only: a breaker that was opened by
 * somebody else's word probes for itself, so a worker that told and died blocks nobody.
 */
import { z } from "zod";
import { type Breaker, type BreakerPolicy, createBreaker } from "./breaker.ts";

export type HealthLog = {
  readonly info: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
};

export type BreakersDeps = {
  /** Of this worker: own words come back and are not heard. */
  worker: string;
  /** To every worker; never waited for. */
  publish: (message: string) => void;
  nowMs: () => number;
  random: () => number;
  log: HealthLog;
};

export type Pass = {
  /** The call failed of the provider's, or the tool's, ill health. Resolves with whether it is open now. */
  failed(whose: string): Promise<boolean>;
  answered(): void;
  forgotten(): void;
};

export type Passage = { kind: "go"; pass: Pass } | { kind: "open"; retryAfterMs: number };

export type Breakers = {
  /** `name` is the same in every worker. */
  admit(name: string, policy: BreakerPolicy): Passage;
  isOpen(name: string): boolean;
  /** How long a call would be kept away; 0: it would not. Takes no probe. */
  keepsAwayMs(name: string): number;
  hear(message: string): void;
};

const Word = z.object({
  from: z.string(),
  name: z.string(),
  word: z.enum(["failed", "answered", "opened", "closed"]),
  whose: z.string().optional(),
});
type Word = z.infer<typeof Word>;

/** Who is told to come back is told another moment each, from the next probe on. */
const APART_MS = 100;
const SPREAD_MS = 10_000;
const JITTER_MS = 200;

type Kept = {
  breaker: Breaker;
  /** When the last one who was sent away comes back. */
  lastBackAtMs: number;
  openedAtMs: number;
  /** Calls that it kept away since it opened. */
  kept: number;
};

export function openBreakers({ worker, publish, nowMs, random, log }: BreakersDeps): Breakers {
  const byName = new Map<string, Kept>();

  const tell = (name: string, word: Word["word"], whose?: string) =>
    publish(JSON.stringify({ from: worker, name, word, whose }));

  function keptOf(name: string, policy: BreakerPolicy): Kept {
    const found = byName.get(name);
    if (found !== undefined) return found;
    const made = { breaker: createBreaker(policy, nowMs), lastBackAtMs: 0, openedAtMs: 0, kept: 0 };
    byName.set(name, made);
    return made;
  }

  function opened(name: string, kept: Kept, by: string): void {
    kept.openedAtMs = nowMs();
    kept.kept = 0;
    log.warn("a circuit breaker has opened", { breaker: name, by });
  }

  function closed(name: string, kept: Kept, by: string): void {
    const openMs = nowMs() - kept.openedAtMs;
    kept.lastBackAtMs = 0;
    log.info("a circuit breaker has closed", { breaker: name, by, openMs, callsKeptAway: kept.kept });
  }

  function passOf(name: string, kept: Kept, probe: boolean): Pass {
    const { breaker } = kept;
    return {
      async failed(whose) {
        const wasOpen = breaker.isOpen();
        await breaker.failed(whose, probe);
        if (breaker.isOpen() && !wasOpen) {
          opened(name, kept, "own failures");
          tell(name, "opened");
        } else if (!wasOpen) tell(name, "failed", whose);
        return breaker.isOpen();
      },
      answered() {
        const wasOpen = breaker.isOpen();
        const isNews = breaker.failuresInARow() > 0;
        void breaker.answered(probe).then(() => {
          if (wasOpen && !breaker.isOpen()) {
            closed(name, kept, "a probe");
            tell(name, "closed");
          } else if (!wasOpen && isNews) tell(name, "answered");
        });
      },
      forgotten: () => breaker.forgotten(probe),
    };
  }

  function backInMs(kept: Kept, dueInMs: number): number {
    const now = nowMs();
    const dueAtMs = now + dueInMs;
    // The first comes when a probe is due, whoever else has been told of a later moment.
    const nextMs = kept.lastBackAtMs < dueAtMs ? dueAtMs : kept.lastBackAtMs + APART_MS;
    const isLate = nextMs > dueAtMs + SPREAD_MS;
    const backAtMs = isLate ? dueAtMs + random() * SPREAD_MS : nextMs;
    if (!isLate) kept.lastBackAtMs = backAtMs;
    return Math.ceil(backAtMs - now + random() * JITTER_MS);
  }

  return {
    admit(name, policy) {
      const kept = keptOf(name, policy);
      const entry = kept.breaker.admit();
      if (entry.kind === "go") return { kind: "go", pass: passOf(name, kept, entry.probe) };
      kept.kept += 1;
      return { kind: "open", retryAfterMs: backInMs(kept, entry.dueInMs) };
    },
    isOpen: (name) => byName.get(name)?.breaker.isOpen() ?? false,
    keepsAwayMs: (name) => byName.get(name)?.breaker.dueInMs() ?? 0,
    hear(message) {
      const word = wordOf(message);
      const kept = word === undefined ? undefined : byName.get(word.name);
      // Who has not called it yet finds out when he does.
      if (word === undefined || kept === undefined || word.from === worker) return;
      const { breaker } = kept;
      const wasOpen = breaker.isOpen();
      const change = () => {
        if (!wasOpen && breaker.isOpen()) opened(word.name, kept, word.from);
        if (wasOpen && !breaker.isOpen()) closed(word.name, kept, word.from);
      };
      switch (word.word) {
        case "failed":
          void breaker.failed(word.whose ?? "", false).then(change);
          break;
        case "answered":
          void breaker.answered(false);
          break;
        case "opened":
          void breaker.trip().then(change);
          break;
        case "closed":
          breaker.reset();
          change();
          break;
      }
    },
  };
}

function wordOf(message: string): Word | undefined {
  try {
    return Word.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
