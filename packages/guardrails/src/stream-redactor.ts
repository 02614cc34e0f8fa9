/**
 * Redacts a text while it is being written. What leaves `write` has no personal data in it, however the text is cut
 * into chunks: held back is only what could still become part of something, the last word and, before it, words that
 * numbers are made of. At most 4 KB are held; a key longer than that is dropped as it comes until it ends.
 */

import type { GuardFinding, GuardPolicy } from "@pawl/protocol";
import { completePolicy } from "./complete-policy.ts";
import { type CheckFacts, certain } from "./guard-part.ts";
import { createGuardOf, type Guard } from "./judge.ts";
import { markOf, redact, type Span } from "./marks.ts";
import { detectCanaries } from "./output/canary.ts";
import { createPiiDetector } from "./pii/index.ts";
import { REACH_CHARS } from "./pii/surroundings.ts";

const MAX_HELD_CHARS = 4_096;
/** Of a word without end that nothing was found in, so much stays: an address may still begin in it. */
const KEPT_CHARS = 512;

export type StreamRedactor = {
  /** The next part that is safe to be shown; often empty. */
  readonly write: (chunk: string) => string;
  /** What was held back; after it nothing may be written. */
  readonly end: () => string;
  /** What was redacted so far, without offsets: the text as a whole is nowhere. */
  readonly findings: () => readonly GuardFinding[];
};

/** Looks for what the `pii` guard redacts in answers, and for canaries. The other guards need the whole text. */
export function createStreamRedactor(
  policies: GuardPolicy | readonly GuardPolicy[] = [],
  facts: Omit<CheckFacts, "direction"> = {},
): StreamRedactor {
  const guard = guardOf(policies);
  // An answer that has begun to leave cannot be blocked any more: what would block it is redacted, too.
  return streamOver((text) =>
    guard
      .check(text, { ...facts, direction: "output" })
      .findings.flatMap((finding) =>
        (finding.action === "redact" || finding.action === "block") &&
        finding.start !== undefined &&
        finding.end !== undefined
          ? [{ ...finding, start: finding.start, end: finding.end }]
          : [],
      ),
  );
}

/** To make one is dear, and each reply of a task needs one of the same policies. */
const made = new WeakMap<object, Guard>();

function guardOf(policies: GuardPolicy | readonly GuardPolicy[]): Guard {
  const known = made.get(policies);
  if (known !== undefined) return known;
  const policy = completePolicy(...[policies].flat(), { output: { leak: "redact" } });
  const guard = createGuardOf(
    [
      { guard: "pii", detect: createPiiDetector(policy), thresholds: certain },
      { guard: "leak", detect: detectCanaries, thresholds: certain },
    ],
    policy,
  );
  made.set(policies, guard);
  return guard;
}

type Redacted = GuardFinding & Span;

function streamOver(spansIn: (text: string) => readonly Redacted[]): StreamRedactor {
  const findings: GuardFinding[] = [];
  /** What has left, as it was, for the words that speak for a number; it begins where a word began. */
  let past: string[] = [];
  let pending = "";
  /** How much was settled when something that goes on behind it was last looked at: no more of it, no new look. */
  let looked = 0;
  /** The kind of thing whose rest is dropped. */
  let dropping: string | undefined;

  const release = (upTo: number, force: boolean): string => {
    const gone = past.join("");
    const whole = gone + pending;
    const spans = spansIn(whole)
      .map((span) => ({ ...span, start: span.start - gone.length, end: span.end - gone.length }))
      .filter(({ end }) => end > 0);
    const crossing = spans.find(
      ({ category, start, end }) =>
        start < upTo && (end > upTo || (category === "private_key" && end === pending.length)),
    );
    const cut = force || crossing === undefined ? upTo : Math.max(0, crossing.start);
    const leaving = spans.filter(({ start }) => start < cut);
    for (const { guard, category, score } of leaving) findings.push({ guard, category, score });
    const text = redact(
      pending.slice(0, cut),
      leaving.map(({ category, start, end }) => ({
        category,
        start: Math.max(0, start),
        end: Math.min(cut, end),
      })),
    );
    if (cut > 0) past = lastPieces([...past, pending.slice(0, cut)]);
    pending = pending.slice(cut);
    looked = upTo - cut;
    return text;
  };

  const dropRest = (): void => {
    const end = dropping === undefined ? 0 : endOfRest(pending, dropping);
    if (end === undefined) {
      // Enough stays to know the closing line by.
      pending = pending.slice(-64);
      return;
    }
    pending = pending.slice(end);
    dropping = undefined;
  };

  return {
    findings: () => findings,
    write: (chunk) => {
      pending += chunk;
      if (dropping !== undefined) dropRest();
      if (dropping !== undefined) return "";
      const settled = settledLength(pending);
      const text = settled <= looked ? "" : release(settled, false);
      return pending.length <= MAX_HELD_CHARS ? text : text + releaseOverlong();
    },
    end: () => (dropping === undefined ? release(pending.length, true) : ""),
  };

  function releaseOverlong(): string {
    const gone = past.join("");
    const open = spansIn(gone + pending).find(({ end }) => end === gone.length + pending.length);
    if (open === undefined) return release(wholeCharacters(pending, pending.length - KEPT_CHARS), false);
    const head = release(Math.max(0, open.start - gone.length), true);
    findings.push({ guard: open.guard, category: open.category, score: open.score });
    dropping = open.category;
    pending = pending.slice(-64);
    past = [];
    looked = 0;
    return head + markOf(open.category);
  }
}

/** A private key ends with its closing line, anything else with its word. */
function endOfRest(rest: string, category: string): number | undefined {
  const end =
    category === "private_key" ? /-----END [A-Z0-9 ]{0,40}-----/.exec(rest) : /(?=[\s"'<>`])/.exec(rest);
  return end === null ? undefined : end.index + end[0].length;
}

/** Words that a number goes on after: digits in them, signs only, a few capitals (a bank's code), a word for extension. */
const openWord =
  /\d|^[\p{P}\p{S}]+$|^[A-Z]{1,4}$|^\p{L}$|^(?:[Ee]xt|poste|доб|[Ee]xtension|[Dd]urchwahl)\.?$/u;
/** Between words, or of a script that puts nothing between them. */
const breaks = /[\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const LONGEST_WORD_CHARS = 512;
const MOST_BREAKS = 8;

/** How much of the text nothing that follows can become part of. */
function settledLength(text: string): number {
  let end = startOfWord(text, text.length, MAX_HELD_CHARS);
  const armour = text.lastIndexOf("-----BEGIN");
  if (armour !== -1 && text.indexOf("-----", armour + 10) === -1 && text.length - armour < 80)
    end = Math.min(end, armour);
  while (end > 0) {
    let wordEnd = end;
    while (wordEnd > 0 && end - wordEnd < MOST_BREAKS && isBreakBefore(text, wordEnd)) wordEnd -= 1;
    if (wordEnd === end) return end;
    const wordStart = startOfWord(text, wordEnd, LONGEST_WORD_CHARS);
    if (!openWord.test(text.slice(wordStart, wordEnd))) return end;
    end = wordStart;
  }
  return 0;
}

/** Where the word begins that ends here, looking back so many characters at most. */
function startOfWord(text: string, end: number, mostChars: number): number {
  let start = end;
  while (start > 0 && end - start < mostChars && !isBreakBefore(text, start)) start -= 1;
  return start;
}

function isBreakBefore(text: string, at: number): boolean {
  const code = text.charCodeAt(at - 1);
  return code < 128 ? code === 32 || (code >= 9 && code <= 13) : breaks.test(text.charAt(at - 1));
}

function lastPieces(pieces: string[]): string[] {
  let chars = 0;
  const first = pieces.findLastIndex((piece) => {
    chars += piece.length;
    return chars >= REACH_CHARS * 2;
  });
  return pieces.slice(Math.max(0, first));
}

/** No cut through a pair of surrogates. */
function wholeCharacters(text: string, at: number): number {
  return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at;
}
