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

/** Of each tool on the way from the task to an answer: its calls, and how stale their answers were. */
export type Path = ReadonlyMap<string, { readonly hops: number; readonly staleness: number }>;

export type Origin = {
  /** repeated: no argument that the tool had not been given before. page: another part of the same listing. */
  readonly from: "task" | "elsewhere" | "itself" | "invented" | "repeated" | "page";
  /** The way to the newest answer that the call is made of. */
  readonly path: Path;
};

export type Provenance = {
  learnTask(text: string): void;
  originOf(tool: string, args: unknown): Origin;
  /** What an answer named, and by which way it was reached. */
  learnAnswer(tool: string, path: Path, value: unknown): void;
};

type Source = { readonly tool: string; readonly path: Path; readonly order: number };

const NO_PATH: Path = new Map();
const REMEMBERED = 40_000;
const MAX_TASK_CHARS = 200_000;
/** A longer argument is something written, not something named. */
const NAMED_CHARS = 200;
const TOKENS_OF_A_TEXT = 600;

export function createProvenance(): Provenance {
  const sources = boundedMap<Source>(REMEMBERED);
  const used = boundedMap<true>(REMEMBERED);
  const written = createNoveltyMemory();
  const lastPath = new Map<string, Path>();
  let task = "";
  let order = 0;

  const inTask = (value: string) => value.length > 0 && isWholeIn(task, value);

  function sourceOf({ name, value, isNumber }: Piece): Source | "task" | undefined {
    const said = plain(value);
    if (inTask(said)) return "task";
    // A small number is named everywhere.
    if (isNumber && Math.abs(Number(value)) < 1_000 && !isIdName(name)) return undefined;
    const exact = sources.get(hashText(said));
    if (exact !== undefined) return exact;
    if (!said.includes(" ")) return sources.get(hashText(said.split(/[/=]/).at(-1) ?? ""));
    const tokens = tokensOf(said).filter((token) => isTelling(token) && !inTask(token));
    const known = tokens.flatMap((token) => sources.get(hashText(token)) ?? []);
    return known.length * 2 >= tokens.length ? newest(known) : undefined;
  }

  return {
    learnTask(text) {
      task = `${task} ${plain(text)}`.slice(0, MAX_TASK_CHARS);
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
      if (drivers.length === 0) return { from: "repeated", path: before };
      if (lastPath.has(tool) && drivers.every((piece) => isOtherPage(tool, piece, used)))
        return { from: "page", path: before };
      const found = drivers.map(sourceOf);
      const answers = found.flatMap((source) => (source === undefined || source === "task" ? [] : [source]));
      const path = newest(answers)?.path ?? NO_PATH;
      if (found.includes("task")) return { from: "task", path };
      if (answers.some((source) => source.tool !== tool)) return { from: "elsewhere", path };
      return { from: answers.length > 0 ? "itself" : "invented", path };
    },
    learnAnswer(tool, path, value) {
      order += 1;
      lastPath.set(tool, path);
      const source = { tool, path, order };
      const learn = (name: string) => {
        const key = hashText(name);
        if (!sources.has(key)) sources.set(key, source);
      };
      for (const piece of piecesOf(value)) {
        if (piece.value.length <= NAMED_CHARS) learn(plain(piece.value));
        if (piece.isNumber || !/\s/.test(piece.value)) continue;
        for (const token of tokensOf(piece.value).slice(0, TOKENS_OF_A_TEXT))
          if (isTelling(token)) learn(token);
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
