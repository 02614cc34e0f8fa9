/**
 * Reads a seed file: lines with choices `{a|b}` and lists `$name`, under headings such as `[attack direct]`. `@name = a | b`
 * declares a list; `\n` is a line break; a backslash takes the meaning from `{`, `}` and `|`. A line can be said in as
 * many ways as its choices multiply to; `say` rolls one.
 */
import { readFileSync } from "node:fs";
import type { Dice } from "./dice.ts";

type Piece = { text: string } | { choices: Line[] } | { list: string };
export type Line = Piece[];

export interface Grammar {
  lines(heading: string): Line[];
  headings: string[];
  say(line: Line, dice: Dice): string;
  /** In how many ways, at most `WAYS_CAP`. */
  ways(line: Line): number;
}

const WAYS_CAP = 1e6;

export const readGrammar = (path: string): Grammar => {
  const lists = new Map<string, Line>();
  const sections = new Map<string, Line[]>();
  let section: Line[] = [];
  const source = readFileSync(path, "utf8").split("\n");
  for (let at = 0; at < source.length; at++) {
    let line = source[at] ?? "";
    if (line === "" || (/^#\s/.test(line) && !line.includes("|"))) continue;
    const heading = /^\[((?:attack|honest|part) [a-z-]+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = sections.get(heading) ?? [];
      sections.set(heading, section);
      continue;
    }
    const list = /^@(\w+) = (.*)$/.exec(line);
    while (list !== null && /^ {4}\S/.test(source[at + 1] ?? "")) line += ` ${(source[++at] ?? "").trim()}`;
    if (list?.[1] !== undefined)
      lists.set(
        list[1],
        parse(
          `{${line
            .slice(line.indexOf(" = ") + 3)
            .split(" | ")
            .join("|")}}`,
        ),
      );
    else section.push(parse(line));
  }
  const say = (line: Line, dice: Dice): string =>
    line
      .map((piece) => {
        if ("text" in piece) return piece.text;
        if ("choices" in piece) return say(dice.pick(piece.choices), dice);
        const list = lists.get(piece.list);
        if (list === undefined) throw new Error(`no list @${piece.list} in ${path}`);
        return say(list, dice);
      })
      .join("");
  const ways = (line: Line): number =>
    line.reduce((product, piece) => {
      if ("text" in piece) return product;
      const choices = "choices" in piece ? piece.choices : [lists.get(piece.list) ?? []];
      return Math.min(WAYS_CAP, product * choices.reduce((sum, choice) => sum + ways(choice), 0));
    }, 1);
  return {
    lines: (heading) => sections.get(heading) ?? [],
    headings: [...sections.keys()],
    say: (line, dice) => tidy(say(line, dice)),
    ways,
  };
};

const tidy = (text: string) =>
  text
    .replace(/ {2,}/g, " ")
    .replace(/ ([.,;?!])(?=\s|$)/g, "$1")
    .trim();

const parse = (source: string): Line => {
  let at = 0;
  const line = (inside: boolean): Line => {
    const pieces: Line = [];
    let text = "";
    const flush = () => {
      if (text !== "") pieces.push({ text });
      text = "";
    };
    while (at < source.length) {
      const char = source[at] ?? "";
      if (char === "\\") {
        const escaped = source[at + 1] ?? "";
        text += escaped === "n" ? "\n" : "{}|".includes(escaped) ? escaped : `\\${escaped}`;
        at += 2;
      } else if (char === "{") {
        at++;
        flush();
        const choices: Line[] = [line(true)];
        while (source[at] === "|") {
          at++;
          choices.push(line(true));
        }
        if (source[at] !== "}") throw new Error(`unclosed choice in: ${source.slice(0, 90)}`);
        at++;
        pieces.push({ choices });
      } else if (inside && (char === "|" || char === "}")) break;
      else if (char === "$" && /[a-z]/.test(source[at + 1] ?? "")) {
        const name = /^[a-z_0-9]+/i.exec(source.slice(at + 1))?.[0] ?? "";
        flush();
        pieces.push({ list: name });
        at += 1 + name.length;
      } else {
        text += char;
        at++;
      }
    }
    flush();
    return pieces;
  };
  return line(false);
};
