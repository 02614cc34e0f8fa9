/**
 * From the words of a command line to the command that is meant and the values that it is given. Node's own parser takes
 * the words apart; what is wrong with them is said here, with the nearest thing that would have been right.
 */
import { parseArgs } from "node:util";
import {
  allOptions,
  apiOptions,
  type Command,
  commonOptions,
  type GivenValues,
  type Option,
  type Options,
} from "./command.ts";
import { type CommandFault, usageFault } from "./fault.ts";

export type Parsed =
  | { readonly kind: "help"; readonly command: Command | undefined; readonly room: string | undefined }
  | { readonly kind: "version" }
  | {
      readonly kind: "run";
      readonly command: Command;
      readonly args: readonly string[];
      readonly options: GivenValues;
    };

/** @throws CommandFault where the words make no sense. */
export function parseCommandLine(commands: readonly Command[], words: readonly string[]): Parsed {
  const { tokens } = tokensOf(words, { ...apiOptions, ...commonOptions });
  const places = tokens.filter(({ kind }) => kind === "positional");
  const asksHelp = tokens.some((token) => token.kind === "option" && ["help", "h"].includes(token.name));
  const [first, second] = places.map(({ index }) => words[index] ?? "");
  if (first === "version" || (first === undefined && words.includes("--version"))) return { kind: "version" };
  if (first === "help") {
    return parseCommandLine(commands, [...words.filter((word) => word !== "help"), "--help"]);
  }
  if (first === undefined) {
    const [word] = words.filter((each) => !["--help", "-h", "--json"].includes(each));
    if (word !== undefined && !asksHelp)
      throw usageFault(`There is no command in this line, only ${word}.`, SEE_HELP);
    return { kind: "help", command: undefined, room: undefined };
  }
  const command =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (command === undefined) {
    const room = commands.filter(({ name }) => name.startsWith(`${first} `));
    if (room.length > 0 && (second === undefined || asksHelp))
      return { kind: "help", command: undefined, room: first };
    throw unknownCommand(commands, room, first, second);
  }
  if (asksHelp) return { kind: "help", command, room: undefined };
  const nameLength = command.name.split(" ").length;
  const ofName = new Set(places.slice(0, nameLength).map(({ index }) => index));
  const rest = words.filter((_, index) => !ofName.has(index));
  return { kind: "run", command, ...valuesOf(command, rest) };
}

const SEE_HELP = "`pawl --help` lists the commands.";

function tokensOf(words: readonly string[], options: Options) {
  return parseArgs({
    args: [...words],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [
        name,
        { type: type === "flag" ? ("boolean" as const) : ("string" as const), ...(short ? { short } : {}) },
      ]),
    ),
  });
}

function valuesOf(command: Command, words: readonly string[]) {
  const known = allOptions(command);
  const { tokens } = tokensOf(words, known);
  const options: Record<string, string | number | boolean | undefined> = Object.fromEntries(
    Object.entries(known).map(([name, { type }]) => [name, type === "flag" ? false : undefined]),
  );
  const args: string[] = [];
  const see = `\`pawl ${command.name} --help\` shows what it takes.`;
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const option = known[token.name];
    if (option === undefined) {
      const near = nearest(token.name, Object.keys(known));
      const fix = near === undefined ? see : `Did you mean --${near}? ${see}`;
      throw usageFault(`\`pawl ${command.name}\` has no option ${token.rawName}.`, fix);
    }
    options[token.name] = checkedValue(
      `--${token.name}`,
      option,
      token.value,
      token.inlineValue ?? false,
      see,
    );
  }
  const wanted = command.arguments ?? [];
  if (args.length < wanted.length) {
    throw usageFault(`${wanted[args.length]?.name} is missing.`, `Usage: ${usageLine(command)}`);
  }
  if (args.length > wanted.length) {
    const quotes = wanted.at(-1)?.name === "TEXT" ? " Put a text of several words in quotes." : "";
    throw usageFault(
      `"${args[wanted.length]}" is one word too many.${quotes}`,
      `Usage: ${usageLine(command)}`,
    );
  }
  return { args, options };
}

function checkedValue(
  name: string,
  option: Option,
  text: string | undefined,
  isInline: boolean,
  see: string,
) {
  const value = option.value ?? "value";
  if (option.type === "flag") {
    if (text === undefined) return true;
    throw usageFault(`${name} takes no value.`, see);
  }
  // The next option is no value of this one, unless it is tied to it by an equals sign.
  const isNextOption = !isInline && text !== undefined && /^-[^\d]/.test(text);
  if (text === undefined || text === "" || isNextOption) throw usageFault(`${name} needs a ${value}.`, see);
  if (option.choices !== undefined && !option.choices.includes(text)) {
    throw usageFault(`${name} must be one of ${option.choices.join(", ")}; it is "${text}".`, see);
  }
  if (option.type === "text") return text;
  const number = Number(text.replace(/^\$/, ""));
  if (option.type === "count" && !(Number.isSafeInteger(number) && number >= 1)) {
    throw usageFault(`${name} must be a whole number from 1; it is "${text}".`, see);
  }
  if (option.type === "usd" && !(Number.isFinite(number) && number >= 0)) {
    throw usageFault(`${name} must be dollars, such as 0.10; it is "${text}".`, see);
  }
  return number;
}

export function usageLine(command: Command): string {
  const args = (command.arguments ?? []).map(({ name }) => ` ${name}`).join("");
  return `pawl ${command.name}${args} [options]`;
}

function unknownCommand(
  commands: readonly Command[],
  room: readonly Command[],
  first: string,
  second: string | undefined,
): CommandFault {
  if (room.length > 0) {
    const names = room.map(({ name }) => name.slice(first.length + 1));
    return usageFault(`There is no command \`${first} ${second}\`.`, `There are: ${names.join(", ")}.`);
  }
  const names = new Set(commands.flatMap(({ name }) => [name, name.split(" ")[0] ?? name]));
  const near =
    nearest(second === undefined ? first : `${first} ${second}`, [...names]) ?? nearest(first, [...names]);
  return usageFault(
    `There is no command \`${first}\`.`,
    near === undefined ? SEE_HELP : `Did you mean \`pawl ${near}\`? ${SEE_HELP}`,
  );
}

/** The word that a few slips of the finger lead away from. */
function nearest(word: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((each) => ({ each, distance: distanceBetween(word, each) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3))
    ? best.each
    : undefined;
}

/** Levenshtein's: letters to add, drop or exchange. */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const exchanged = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(exchanged, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
