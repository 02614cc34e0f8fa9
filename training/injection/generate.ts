/** Puts seeds together: single phrases, long personas, documents of five kinds with and without an attack inside. */
import { join } from "node:path";
import type { Dice } from "./dice.ts";
import { type Grammar, type Line, readGrammar } from "./grammar.ts";
import type { Row } from "./rows.ts";

const SEED_FOLDER = join(import.meta.dirname, "seeds");
const PHRASE_FILES = [
  "direct",
  "extraction",
  "game",
  "game-forms",
  "jailbreak",
  "honest-neighbours",
  "honest-trigger",
  "honest-roleplay",
  "honest-work",
];
const MOST_PER_LINE = 45;

export const generatePhrases = (dice: Dice): Row[] =>
  PHRASE_FILES.flatMap((file) => {
    const grammar = readGrammar(join(SEED_FOLDER, `${file}.txt`));
    return grammar.headings
      .filter((heading) => !heading.startsWith("part "))
      .flatMap((heading) => {
        const label = heading.startsWith("attack") ? 1 : 0;
        return grammar
          .lines(heading)
          .flatMap((line) => sayings(grammar, line, dice))
          .map(
            (text): Row => ({
              text: label === 1 || dice.chance(0.5) ? roughen(text, dice) : text,
              label,
              source: `own ${file}`,
            }),
          );
      });
  });

const sayings = (grammar: Grammar, line: Line, dice: Dice): string[] => {
  const wanted = Math.min(MOST_PER_LINE, Math.ceil(grammar.ways(line) ** 0.6 * 1.5));
  return [...new Set(Array.from({ length: wanted }, () => christen(grammar.say(line, dice), grammar, dice)))];
};

const SYLLABLES = "ba co da fe gor hax ki lor mu nex or pra qui ron sil tra ul vex wen xan yl zo".split(" ");
const ENDINGS = ["", "", "", "GPT", "Bot", "-9", " 3000", "AI"];

/** One name throughout, as such prompts have; half of them invented, so that no list of names is what is learnt. */
const christen = (text: string, jailbreak: Grammar, dice: Dice): string => {
  if (!text.includes("<<name>>")) return text;
  const [known = ""] = some(jailbreak, "part name", 1, dice);
  const sounds = Array.from({ length: 1 + dice.below(3) }, () => dice.pick(SYLLABLES)).join("");
  const cased = dice.chance(0.5) ? sounds.toUpperCase() : sounds.charAt(0).toUpperCase() + sounds.slice(1);
  const name = dice.chance(0.5) ? known : `${cased}${dice.pick(ENDINGS)}`;
  return text.replaceAll("<<name>>", name);
};

/** How people type: no capitals, all capitals, no full stop, a slip of the finger. */
export const roughen = (text: string, dice: Dice): string => {
  const roll = dice.next();
  if (roll < 0.25) return text.toLowerCase();
  if (roll < 0.33) return text.toUpperCase();
  if (roll < 0.41) return text.replace(/[.!?]$/, "");
  if (roll < 0.45 && text.length > 12) {
    const at = 1 + dice.below(text.length - 3);
    return text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
  }
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const some = (grammar: Grammar, heading: string, count: number, dice: Dice): string[] =>
  Array.from({ length: count }, () => grammar.say(dice.pick(grammar.lines(heading)), dice));

/** Long personas beside their honest twins: role-play set-ups and system prompts of the same length. */
export const generateLongPrompts = (dice: Dice, count: number): Row[] => {
  const jailbreak = readGrammar(join(SEED_FOLDER, "jailbreak.txt"));
  const roleplay = readGrammar(join(SEED_FOLDER, "honest-roleplay.txt"));
  const work = readGrammar(join(SEED_FOLDER, "honest-work.txt"));
  const documents = readGrammar(join(SEED_FOLDER, "honest-documents.txt"));
  return Array.from({ length: count }, (_, at): Row => {
    const glue = dice.pick([" ", " ", "\n", "\n\n"]);
    const honest = [
      ...some(roleplay, "honest roleplay", 1 + dice.below(3), dice),
      ...some(documents, "part long-request", dice.below(6), dice),
      ...some(work, "honest work", dice.below(2), dice),
    ];
    if (at % 2 === 0) return { text: dice.shuffle(honest).join(glue), label: 0, source: "own long-honest" };
    const rules = [
      ...some(jailbreak, "part freedom", 1 + dice.below(5), dice),
      ...some(jailbreak, "part never", 1 + dice.below(4), dice),
      ...some(jailbreak, "part format", dice.below(3), dice),
      ...some(jailbreak, "attack jailbreak", dice.below(2), dice),
      ...(dice.chance(0.3) ? some(roleplay, "honest roleplay", 1, dice) : []),
      ...(dice.chance(0.3) ? some(documents, "part long-request", 1 + dice.below(3), dice) : []),
    ];
    const opening = dice.chance(0.85) ? some(jailbreak, "part opening", 1, dice) : [];
    const closing = dice.chance(0.7) ? some(jailbreak, "part closing", 1, dice) : [];
    return {
      text: christen([...opening, ...dice.shuffle(rules), ...closing].join(glue), jailbreak, dice),
      label: 1,
      source: "own jailbreak",
    };
  });
};

const KINDS = ["email", "web", "code", "json", "table", "plain", "manual", "log"] as const;

export interface Material {
  count: number;
  /** With the seeds of `indirect-orders` and `honest-requests` too. */
  wide: boolean;
  /** Real documents to bury attacks in. */
  contexts: string[];
  /** Honest requests of real people: what stands alone is no attack, and behind a frame it is one. */
  wishes: string[];
}

/** Each document twice: clean, and with an attack at its start, its end or between two of its lines. */
export const generateDocuments = (dice: Dice, { count, wide, contexts, wishes }: Material): Row[] => {
  const documents = ["honest-documents", ...(wide ? ["honest-requests"] : [])].map(seedOf);
  const attacks = ["indirect", ...(wide ? ["indirect-orders"] : [])].map(seedOf);
  const kinds = wide ? KINDS : KINDS.filter((kind) => kind !== "manual" && kind !== "log");
  const answer: Row[] = [];
  for (let at = 0; at < count; at++) {
    const kind = dice.pick(kinds);
    const parts =
      contexts.length > 0 && dice.chance(0.4)
        ? dice.pick(contexts).split(/(?<=\n)/)
        : documentParts(kind, documents, dice);
    const clean = parts.join("");
    answer.push({ text: clean, label: 0, source: "own documents" });
    const attack = sayAttack(attacks, wishes, wide, dice);
    const place = dice.pick([0, parts.length, dice.below(parts.length + 1)]);
    const gap = dice.pick(["\n", "\n\n", "\n", " "]);
    const before = parts.slice(0, place).join("") + (place > 0 ? gap : "");
    const text = `${before}${attack}${gap}${parts.slice(place).join("")}`;
    answer.push({
      text,
      label: 1,
      source: "own indirect",
      start: before.length,
      end: before.length + attack.length,
    });
    if (at % 3 === 0) answer.push({ text: attack, label: 1, source: "own indirect" });
  }
  return answer;
};

const seedOf = (name: string): Grammar => readGrammar(join(SEED_FOLDER, `${name}.txt`));

/** One line of any of the grammars, each line as likely as the next. */
const oneOf = (grammars: Grammar[], heading: string, dice: Dice): string => {
  const lines = grammars.flatMap((grammar) => grammar.lines(heading).map((line) => ({ grammar, line })));
  const { grammar, line } = dice.pick(lines);
  return grammar.say(line, dice);
};

const sayAttack = (grammars: Grammar[], wishes: string[], wide: boolean, dice: Dice): string => {
  const goal =
    wishes.length > 0 && dice.chance(0.25)
      ? dice.pick(wishes)
      : Array.from({ length: dice.chance(0.15) ? 2 : 1 }, () => oneOf(grammars, "part goal", dice)).join(" ");
  const shaped = dice.chance(0.5) ? goal.charAt(0).toUpperCase() + goal.slice(1) : goal;
  if (wide && dice.chance(0.08))
    return oneOf(grammars, "part letter", dice).replace("<<goal>>", () => shaped);
  const second = dice.chance(0.08) ? `${oneOf(grammars, "part frame", dice)} ` : "";
  const tail =
    wide && dice.chance(0.15) ? dice.pick([" ", " ", "\n"]) + oneOf(grammars, "part tail", dice) : "";
  const attack = `${second}${oneOf(grammars, "part frame", dice)} ${shaped}${tail}`;
  return dice.chance(0.06) ? attack.toUpperCase() : dice.chance(0.1) ? attack.toLowerCase() : attack;
};

const documentParts = (kind: (typeof KINDS)[number], grammars: Grammar[], dice: Dice): string[] => {
  const length = 1 + dice.below(9);
  const several = (heading: string, count: number) =>
    Array.from({ length: count }, () => oneOf(grammars, heading, dice));
  switch (kind) {
    case "email":
      return [
        ...several("part email-head", 1).map((head) => `${head}\n`),
        ...several("part email-body", length).map((line) => `${line}${dice.pick([" ", "\n", "\n\n"])}`),
      ];
    case "web":
      return several("part web", length + 1).map((line) => `${line}${dice.pick([" ", "\n"])}`);
    case "code":
      return several("part code", length + 1).map((line) => `${line}\n`);
    case "json":
      return [
        "[",
        ...several("part json", length).map((line, at) => `${at > 0 ? "," : ""}\n  ${line}`),
        "\n]",
      ];
    case "manual":
    case "log":
      return several(`part ${kind}`, 2 + length).map(
        (line) => `${line}${dice.pick(["\n", "\n", "\n\n", " "])}`,
      );
    case "table":
      return tableRows(grammars, dice);
    case "plain":
      return dice
        .shuffle([
          ...several("part web", 1 + dice.below(4)),
          ...several("part email-body", 1 + dice.below(4)),
          ...several("part long-request", dice.below(4)),
        ])
        .map((line) => `${line} `);
  }
};

const tableRows = (grammars: Grammar[], dice: Dice): string[] => {
  const columns = 2 + dice.below(5);
  const [left, between, right] = dice.pick([
    ["| ", " | ", " |"],
    ["", ",", ""],
    ["", "\t", ""],
    ["<tr><td>", "</td><td>", "</td></tr>"],
  ] as const);
  const rows = Array.from(
    { length: 2 + dice.below(14) },
    () =>
      `${left}${Array.from({ length: columns }, () => oneOf(grammars, "part table-cell", dice)).join(between)}${right}\n`,
  );
  return left === "| " && dice.chance(0.5)
    ? [rows[0] ?? "", `|${" --- |".repeat(columns)}\n`, ...rows.slice(1)]
    : rows;
};
