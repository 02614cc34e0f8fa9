/**
 * Where a call's arguments come from: the task's text, an answer of another tool, an answer of the same tool, or the
 * model's own head. Each value is traced to the answer that named it *first*: so a hundred calls over one listing
 * stay one step away from it (a batch), while a chain, each call made of the newest answer, gets ever longer.
 */
import { boundedMap } from "./bounded.ts";
import { plain } from "./fingerprint.ts";
import { hashText } from "./hash.ts";
import { createNoveltyMemory } from "./novelty.ts";
import { addressOfListing, isPaging } from "./paging.ts";
import { type Piece, piecesOf, tokensOf } from "./pieces.ts";
import { isIdName, isVolatileArgument } from "./volatile.ts";

/** Of each tool on the way from the task to an answer: its links, and how stale their answers were. */
export type Path = ReadonlyMap<string, { readonly links: number; readonly staleness: number }>;

export type Origin = {
  /** repeated: no argument that the tool had not been given before. page: another part of the same listing. */
  readonly from: "task" | "elsewhere" | "itself" | "invented" | "repeated" | "page";
  /** The way to the newest answer that the call is made of. */
  readonly path: Path;
  /** The call is made of an answer of its own tool that no call was made of before. */
  readonly ofNewAnswer: boolean;
};

export type Provenance = {
  learnTask(text: string): void;
  originOf(tool: string, args: unknown): Origin;
  /** What an answer named, and by which way it was reached. */
  learnAnswer(tool: string, path: Path, value: unknown): void;
};

type Source = { readonly tool: string; readonly path: Path; readonly order: number; followed: boolean };

const NO_PATH: Path = new Map();
const REMEMBERED = 40_000;
const MAX_TASK_CHARS = 200_000;
/** A longer argument is something written, not something named. */
const NAMED_CHARS = 200;
const TOKENS_OF_A_TEXT = 600;
/** Orders 1 to 20: those between are named as well. */
const RANGE = /\b(\d{1,9}) ?(?:to|through|until|and|-|–|\.\.) ?(\d{1,9})\b/g;
/** In answers. */
const JUST_NOW = 3;

export function createProvenance(): Provenance {
  const sources = boundedMap<Source>(REMEMBERED);
  const used = boundedMap<true>(REMEMBERED);
  const written = createNoveltyMemory();
  const lastPath = new Map<string, Path>();
  let task = "";
  let ranges: (readonly [number, number])[] = [];
  let order = 0;

  const inTask = (value: string) => value.length > 0 && isWholeIn(task, value);

  function sourceOf({ name, value, isNumber }: Piece): Source | "task" | undefined {
    const said = plain(value);
    if (inTask(said) || (/^\d{1,9}$/.test(said) && ranges.some(([from, to]) => +said >= from && +said <= to)))
      return "task";
    const exact = sources.get(hashText(said));
    // A small number is named everywhere; it was taken from where it has just been named for the first time.
    if (isNumber && Math.abs(Number(value)) < 1_000 && !isIdName(name))
      return exact !== undefined && order - exact.order < JUST_NOW ? exact : undefined;
    if (exact !== undefined) return exact;
    if (!said.includes(" ")) return sources.get(hashText(said.split(/[/=]/).at(-1) ?? ""));
    const tokens = tokensOf(said).filter((token) => isTelling(token) && !inTask(token));
    const known = tokens.flatMap((token) => sources.get(hashText(token)) ?? []);
    // One id is enough to say of what answer a sentence is made; of words it takes the better part.
    const named = tokens.some(
      (token) => /\d/.test(token) && token.length > 2 && sources.has(hashText(token)),
    );
    return named || known.length * 2 >= tokens.length ? newest(known) : undefined;
  }

  return {
    learnTask(text) {
      task = `${task} ${plain(text)}`.slice(0, MAX_TASK_CHARS);
      ranges = [...task.matchAll(RANGE)]
        .slice(0, 50)
        .map(([, from, to]) => [Number(from), Number(to)] as const);
    },
    originOf(tool, args) {
      const pieces = piecesOf(args).filter(
        ({ name, value }) => value !== "true" && value !== "false" && !isVolatileArgument(name, value),
      );
      const drivers = pieces.filter(({ name, value }) => {
        if (value.length > NAMED_CHARS) return written.measure(value).fresh >= 0.1;
        const key = hashText(`${tool} ${name} ${plain(value)}`);
        const isNew = !used.has(key);
        used.set(key, true);
        return isNew;
      });
      const before = lastPath.get(tool) ?? NO_PATH;
      if (drivers.length === 0) return { from: "repeated", path: before, ofNewAnswer: false };
      if (lastPath.has(tool) && drivers.every((piece) => isOtherPage(tool, piece, used)))
        return { from: "page", path: before, ofNewAnswer: false };
      const found = drivers.map(sourceOf);
      const answers = found.flatMap((source) => (source === undefined || source === "task" ? [] : [source]));
      const source = newest(answers);
      const path = source?.path ?? NO_PATH;
      const ofNewAnswer = source?.tool === tool && !source.followed;
      if (source !== undefined && source.tool === tool) source.followed = true;
      if (found.includes("task")) return { from: "task", path, ofNewAnswer: false };
      if (answers.some((answer) => answer.tool !== tool))
        return { from: "elsewhere", path, ofNewAnswer: false };
      return { from: answers.length > 0 ? "itself" : "invented", path, ofNewAnswer };
    },
    learnAnswer(tool, path, value) {
      order += 1;
      lastPath.set(tool, path);
      const source: Source = { tool, path, order, followed: false };
      const learn = (name: string) => {
        const key = hashText(name);
        if (!sources.has(key)) sources.set(key, source);
      };
      for (const piece of piecesOf(value)) {
        if (piece.value.length <= NAMED_CHARS) learn(plain(piece.value));
        if (piece.isNumber || !/\s/.test(piece.value)) continue;
        for (const token of tokensOf(piece.value).slice(0, TOKENS_OF_A_TEXT)) learn(token);
      }
    },
  };
}

function isOtherPage(
  tool: string,
  { name, value, isNumber }: Piece,
  used: { has(key: number): boolean; set(key: number, value: true): void },
): boolean {
  if (isPaging(name, isNumber || /^\d+$/.test(value))) return true;
  const listing = addressOfListing(plain(value));
  if (listing === undefined) return false;
  const key = hashText(`${tool} listing ${listing}`);
  const known = used.has(key) || used.has(hashText(`${tool} ${name} ${listing.replace(/[?&][^=]*=$/, "")}`));
  used.set(key, true);
  return known;
}

/** Part of the text, and not of a longer word of it. */
function isWholeIn(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const [before, after] = [text[at - 1] ?? " ", text[at + value.length] ?? " "];
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return true;
  }
  return false;
}

function isTelling(token: string): boolean {
  return token.length >= 4 || /\d/.test(token);
}

function newest(sources: readonly Source[]): Source | undefined {
  let best: Source | undefined;
  for (const source of sources) if (best === undefined || source.order > best.order) best = source;
  return best;
}
