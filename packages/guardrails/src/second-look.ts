/**
 * The place of the content guard's second tier: asked where the policy says so, and its scores take the place of the
 * inline ones. All guards of a process share one thread. It promises never to hold anybody up for long: when too many
 * wait, when it takes too long or when the thread fails, the inline scores stand.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type ContentScores,
  type ContentSecondTier,
  contentFindings,
  createContentSecondTier,
} from "./content/index.ts";
import { createContentLook } from "./content-look.ts";
import type { SecondLook } from "./judge.ts";

/** A text takes 20 to 500 ms, one after the other: who came later than so many would wait for seconds. */
const mostWaiting = 16;
/** Reading the encoder in takes a second or two of the first one's time. */
const patienceMs = 10_000;

export type SecondLookDeps = {
  readonly tier: () => Pick<ContentSecondTier, "score">;
  /** Default: 10 s. */
  readonly patienceMs?: number;
};

let shared: ContentSecondTier | undefined;

/** By the shared thread, which starts with the first text that is asked about and never keeps a process alive. */
export const contentSecondLook: SecondLook = createSecondLook({
  tier: () => {
    shared ??= createContentSecondTier();
    return shared;
  },
});

/** Ends the shared thread; whoever waits for it gets the inline verdict. A later `checkFully` starts another. */
export async function closeContentSecondTier(): Promise<void> {
  const closing = shared;
  shared = undefined;
  await closing?.close();
}

export function createSecondLook({ tier, patienceMs: patience = patienceMs }: SecondLookDeps): SecondLook {
  return createContentLook({
    useOf: ({ secondTier }) => secondTier,
    mostWaiting,
    async ask(text) {
      const scores = await within(patience, tier().score(text));
      return () =>
        (_, { reportFrom }) =>
          contentFindings(scores, reportFrom);
    },
  });
}

async function within(patience: number, scores: Promise<ContentScores>): Promise<ContentScores> {
  const arrived = new AbortController();
  const tooLate = delay(patience, undefined, { signal: arrived.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${patience} ms`);
  });
  try {
    return await Promise.race([scores, tooLate]);
  } finally {
    arrived.abort();
  }
}
