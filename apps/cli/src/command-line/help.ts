/** `--help`, read from the table of commands. */
import type { Output } from "../terminal/output.ts";
import { apiOptions, type Command, commonOptions, type Options } from "./command.ts";
import { usageLine } from "./parse.ts";

const SOURCES = "Documentation: docs/cli.md";

export function helpOfAll(commands: readonly Command[], { paint }: Output): string {
  return [
    "Pawl runs long AI-agent tasks as jobs that never slip back and never run away.",
    "",
    paint("bold", "Usage"),
    "  pawl COMMAND [options]",
    "",
    paint("bold", "Commands"),
    ...rows(commands.map(({ name, about }) => [name, about])),
    "",
    paint("bold", "Options of every command"),
    ...optionRows({ ...commonOptions, ...apiOptions }),
    "",
    paint("bold", "Examples"),
    '  $ pawl run "What is 12 * (3 + 4)?" --watch',
    "  $ pawl tasks list --status running",
    "  $ pawl doctor",
    "",
    `\`pawl COMMAND --help\` shows a command with its examples. ${SOURCES}`,
  ].join("\n");
}

/** Of the commands that share a first word. */
export function helpOfRoom(commands: readonly Command[], room: string, { paint }: Output): string {
  const names = commands.filter(({ name }) => name.startsWith(`${room} `));
  return [
    paint("bold", "Usage"),
    `  pawl ${room} COMMAND [options]`,
    "",
    paint("bold", "Commands"),
    ...rows(names.map(({ name, about }) => [name, about])),
    "",
    "`pawl COMMAND --help` shows a command with its examples.",
  ].join("\n");
}

export function helpOf(command: Command, { paint }: Output): string {
  const args = command.arguments ?? [];
  return [
    command.about,
    ...(command.details === undefined ? [] : ["", command.details]),
    "",
    paint("bold", "Usage"),
    `  ${usageLine(command)}`,
    ...(args.length === 0
      ? []
      : ["", paint("bold", "Arguments"), ...rows(args.map(({ name, about }) => [name, about]))]),
    ...section(paint("bold", "Options"), command.options ?? {}),
    ...section(paint("bold", "Options of every command"), {
      ...(command.asksApi ? apiOptions : {}),
      ...commonOptions,
    }),
    "",
    paint("bold", "Examples"),
    ...command.examples.flatMap(({ about, line }) => [`  ${paint("dim", `# ${about}`)}`, `  $ ${line}`]),
    "",
    `${SOURCES}`,
  ].join("\n");
}

function section(title: string, options: Options): string[] {
  return Object.keys(options).length === 0 ? [] : ["", title, ...optionRows(options)];
}

function optionRows(options: Options): string[] {
  return rows(Object.entries(options).map(([name, option]) => [signature(name, option), option.about]));
}

export function signature(name: string, { type, short, value, choices }: Options[string]): string {
  const what = type === "flag" ? "" : ` ${choices?.join("|") ?? value ?? "VALUE"}`;
  return `${short === undefined ? "" : `-${short}, `}--${name}${what}`;
}

const WIDEST_LEFT = 30;

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(WIDEST_LEFT, Math.max(...pairs.map(([left]) => left.length)));
  return pairs.flatMap(([left, right]) =>
    left.length > width
      ? [`  ${left}`, `  ${" ".repeat(width)}  ${right}`]
      : [`  ${left.padEnd(width)}  ${right}`],
  );
}
