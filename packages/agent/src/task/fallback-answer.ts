/**
 * What an end user is told where a task has to end and the agent has said nothing: the agent's static answer, chosen by
 * what was asked where its author gave examples. No model is needed for it, since it is for when there is none.
 */
import type { AgentDefinition } from "@pawl/protocol";

/** Of an example's letters, weighed by how telling they are, so much must stand in what was asked. */
const LIKE_ENOUGH = 0.6;
/** A question that is this much longer than the example asks for more than it. */
const LONGEST_RATIO = 12;

/** undefined: the agent's author gave none. */
export function fallbackAnswerOf(definition: AgentDefinition, asked: string): string | undefined {
  return intentAnswer(definition.fallback_answers ?? [], asked) ?? definition.fallback_answer;
}

function intentAnswer(
  intents: NonNullable<AgentDefinition["fallback_answers"]>,
  asked: string,
): string | undefined {
  if (intents.length === 0) return undefined;
  const examples = intents.flatMap(({ examples, answer }) =>
    examples.map((example) => ({ answer, grams: gramsOf(example), chars: example.length })),
  );
  const known = gramsOf(asked);
  const weightOf = rarity(examples.map(({ grams }) => grams));
  let best: { answer: string; score: number } | undefined;
  for (const { answer, grams, chars } of examples) {
    if (asked.length > chars * LONGEST_RATIO) continue;
    const score = shareFound(grams, known, weightOf);
    if (score >= LIKE_ENOUGH && score > (best?.score ?? 0)) best = { answer, score };
  }
  return best?.answer;
}

/** Pieces of three letters, with word ends: forms of a word and slips of the pen share most of them. */
function gramsOf(text: string): ReadonlySet<string> {
  const words =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/\p{L}+/gu) ?? [];
  return new Set(words.flatMap((word) => pieces(` ${word} `)));
}

function pieces(word: string): string[] {
  return Array.from({ length: Math.max(1, word.length - 2) }, (_, i) => word.slice(i, i + 3));
}

/** What stands in every example tells them apart the least. */
function rarity(all: readonly ReadonlySet<string>[]): (gram: string) => number {
  const counts = new Map<string, number>();
  for (const grams of all) for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  return (gram) => 1 + Math.log((all.length + 1) / ((counts.get(gram) ?? 0) + 1));
}

function shareFound(
  grams: ReadonlySet<string>,
  known: ReadonlySet<string>,
  weightOf: (gram: string) => number,
): number {
  let [found, whole] = [0, 0];
  for (const gram of grams) {
    const weight = weightOf(gram);
    whole += weight;
    if (known.has(gram)) found += weight;
  }
  return whole === 0 ? 0 : found / whole;
}
