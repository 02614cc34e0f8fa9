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

const KINDS = ["email", "web", "code", "json", "table", "plain"] as const;

export const generateDocuments = (dice: Dice, count: number, contexts: string[]): Row[] => {
  const documents = readGrammar(join(SEED_FOLDER, "honest-documents.txt"));
  const indirect = readGrammar(join(SEED_FOLDER, "indirect.txt"));
  const answer: Row[] = [];
  for (let at = 0; at < count; at++) {
    const kind = dice.pick(KINDS);
    const parts =
      contexts.length > 0 && dice.chance(0.35)
        ? dice.pick(contexts).split(/(?<=\n)/)
        : documentParts(kind, documents, dice);
    const clean = parts.join("");
    answer.push({ text: clean, label: 0, source: "own documents" });
    const attack = sayAttack(indirect, dice);
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

const sayAttack = (indirect: Grammar, dice: Dice): string => {
  const frame = some(indirect, "part frame", 1, dice)[0] ?? "";
  const goal = some(indirect, "part goal", dice.chance(0.2) ? 2 : 1, dice).join(" ");
  const second = dice.chance(0.12) ? `${some(indirect, "part frame", 1, dice)[0] ?? ""} ` : "";
  const shaped = dice.chance(0.5) ? goal.charAt(0).toUpperCase() + goal.slice(1) : goal;
  const attack = `${second}${frame} ${shaped}`;
  return dice.chance(0.1) ? attack.toUpperCase() : dice.chance(0.1) ? attack.toLowerCase() : attack;
};

const documentParts = (kind: (typeof KINDS)[number], grammar: Grammar, dice: Dice): string[] => {
  const length = 1 + dice.below(9);
  switch (kind) {
    case "email":
      return [
        ...some(grammar, "part email-head", 1, dice).map((head) => `${head}\n`),
        ...some(grammar, "part email-body", length, dice).map(
          (line) => `${line}${dice.pick([" ", "\n", "\n\n"])}`,
        ),
      ];
    case "web":
      return some(grammar, "part web", length + 1, dice).map((line) => `${line}${dice.pick([" ", "\n"])}`);
    case "code":
      return some(grammar, "part code", length + 1, dice).map((line) => `${line}\n`);
    case "json":
      return [
        "[",
        ...some(grammar, "part json", length, dice).map((line, at) => `${at > 0 ? "," : ""}\n  ${line}`),
        "\n]",
      ];
    case "table":
      return tableRows(grammar, dice);
    case "plain":
      return dice
        .shuffle([
          ...some(grammar, "part web", 1 + dice.below(4), dice),
          ...some(grammar, "part email-body", 1 + dice.below(4), dice),
          ...some(grammar, "part long-request", dice.below(4), dice),
        ])
        .map((line) => `${line} `);
  }
};

const tableRows = (grammar: Grammar, dice: Dice): string[] => {
  const columns = 2 + dice.below(5);
  const [left, between, right] = dice.pick([
    ["| ", " | ", " |"],
    ["", ",", ""],
    ["", "\t", ""],
    ["<tr><td>", "</td><td>", "</td></tr>"],
  ] as const);
  const rows = Array.from(
    { length: 2 + dice.below(14) },
    () => `${left}${some(grammar, "part table-cell", columns, dice).join(between)}${right}\n`,
  );
  return left === "| " && dice.chance(0.5)
    ? [rows[0] ?? "", `|${" --- |".repeat(columns)}\n`, ...rows.slice(1)]
    : rows;
};
