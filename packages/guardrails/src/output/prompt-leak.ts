/**
 * Tells when an answer says the system prompt word for word. Looked for are runs of words that stand in the prompt in
 * the same order, through shingles of eight words; a fact that prompt and answer share (opening hours, an address) is
 * shorter than the runs that count.
 */
import type { GuardFinding } from "@pawl/protocol";
import type { CheckContext, ThresholdsOf } from "../guard-part.ts";
import { type Word, wordsOf } from "../words.ts";

const SHINGLE_WORDS = 8;
/** A run of so many words is the prompt speaking and scores 1; a short prompt counts as said with three quarters of it. */
const WHOLE_WORDS = 48;
const WHOLE_SHARE = 0.75;

export const leakThresholds: ThresholdsOf = (category) =>
  category === "system_prompt"
    ? { reportAt: 0.4, flagAt: 0.4, blockAt: 0.8 }
    : { reportAt: 0, flagAt: 0, blockAt: 0 };

/** The longest run decides; shorter runs of the same answer are one finding each. */
export function detectPromptLeak(
  text: string,
  { systemPrompt, words = () => wordsOf(text) }: CheckContext,
): GuardFinding[] {
  if (systemPrompt === undefined) return [];
  const prompt = readPrompt(systemPrompt);
  if (prompt.hashes.size === 0) return [];
  const whole = Math.min(WHOLE_WORDS, Math.max(SHINGLE_WORDS, prompt.words * WHOLE_SHARE));
  return runsOf(words(), prompt).map((run) => ({
    guard: "leak",
    category: "system_prompt",
    score: Math.min(1, run.words / whole),
    start: run.start,
    end: run.end,
  }));
}

/** What the prompt says, in numbers: each of its words has one, and each shingle the hash of its words' numbers. */
type Prompt = {
  readonly words: number;
  readonly numbers: ReadonlyMap<string, number>;
  readonly hashes: ReadonlySet<number>;
};

/** Agents are few, and each answer of theirs is held against the same prompt. */
const MOST_PROMPTS = 100;
const prompts = new Map<string, Prompt>();

function readPrompt(systemPrompt: string): Prompt {
  const known = prompts.get(systemPrompt);
  if (known !== undefined) return known;
  const fresh = shinglesOf(wordsOf(systemPrompt));
  if (prompts.size >= MOST_PROMPTS) prompts.clear();
  prompts.set(systemPrompt, fresh);
  return fresh;
}

function shinglesOf(prompt: readonly Word[]): Prompt {
  const numbers = new Map<string, number>();
  for (const { word } of prompt) if (!numbers.has(word)) numbers.set(word, numbers.size + 1);
  const hashes = new Set<number>();
  const hasher = createHasher();
  for (const { word } of prompt) {
    const hash = hasher(numbers.get(word) ?? 0);
    if (hash !== undefined) hashes.add(hash);
  }
  return { words: prompt.length, numbers, hashes };
}

const BASE = 0x01000193;
/** BASE to the power of a shingle's words, to take the oldest one out. */
const OLDEST = Array.from({ length: SHINGLE_WORDS }).reduce<number>((power) => Math.imul(power, BASE), 1);

/** A rolling hash over the last words; undefined while there are too few since the last word that the prompt lacks (0). */
function createHasher(): (word: number) => number | undefined {
  const last: number[] = [];
  let hash = 0;
  let known = 0;
  let at = 0;
  return (word) => {
    hash = (Math.imul(hash, BASE) + word - Math.imul(last[at] ?? 0, OLDEST)) | 0;
    last[at] = word;
    at = (at + 1) % SHINGLE_WORDS;
    known = word === 0 ? 0 : known + 1;
    return known >= SHINGLE_WORDS ? hash : undefined;
  };
}

function runsOf(
  words: readonly Word[],
  { numbers, hashes }: Prompt,
): { readonly words: number; readonly start: number; readonly end: number }[] {
  const runs: { words: number; start: number; end: number }[] = [];
  const hasher = createHasher();
  let isOpen = false;
  for (const [at, { word, end }] of words.entries()) {
    const hash = hasher(numbers.get(word) ?? 0);
    const isSaid = hash !== undefined && hashes.has(hash);
    const run = runs.at(-1);
    if (isSaid && isOpen && run !== undefined) runs[runs.length - 1] = { ...run, words: run.words + 1, end };
    else if (isSaid)
      runs.push({ words: SHINGLE_WORDS, start: words[at - SHINGLE_WORDS + 1]?.start ?? 0, end });
    isOpen = isSaid;
  }
  return runs;
}
