/**
 * What a command is: a name, what it takes, examples and a function. Parsing, `--help` and docs/cli.md are all made from
 * this one description, so none of them can say something else than the others.
 */
import type { Readable } from "node:stream";
import type { Pawl } from "@pawl/client";
import type { Connection } from "../api/find-connection.ts";
import type { ApiOptions } from "../api/open-api.ts";
import type { Output } from "../terminal/output.ts";

export type Option = {
  /** flag: there or not. The others take a value, which is checked: usd, a positive amount; count, a whole number ≥ 1. */
  readonly type: "flag" | "text" | "count" | "usd";
  readonly about: string;
  /** What the value is called in the help. */
  readonly value?: string;
  readonly short?: string;
  /** The only values. */
  readonly choices?: readonly string[];
};
export type Options = Readonly<Record<string, Option>>;

export type OptionValue<O extends Option> = O["type"] extends "flag"
  ? boolean
  : O["type"] extends "text"
    ? (O["choices"] extends readonly (infer Choice)[] ? Choice : string) | undefined
    : number | undefined;

export type Argument = { readonly name: string; readonly about: string };

export type Example = { readonly about: string; readonly line: string };

/** What every command is handed: the world outside, of which it touches nothing else. */
export type World = {
  readonly out: Output;
  readonly stdin: Readable;
  readonly env: NodeJS.ProcessEnv;
  /** The repository's root: where `npm start` keeps its data folder. */
  readonly root: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
};

export type Call<O extends Options = Options> = World & {
  /** As many as the command has arguments. */
  readonly args: readonly string[];
  readonly options: { readonly [Name in keyof O]: OptionValue<O[Name]> };
  /** Whether a program reads the answer. */
  readonly json: boolean;
  /** Where the api is and with which key; finding it costs nothing until it is used. */
  readonly connection: () => Connection;
  readonly api: (options?: ApiOptions) => Pawl;
};

export type Definition<O extends Options> = {
  /** One or two words: `usage`, `tasks list`. */
  readonly name: string;
  /** One line. */
  readonly about: string;
  readonly details?: string;
  /** Whether it asks the api, and so takes `--url` and `--key`. */
  readonly asksApi: boolean;
  readonly arguments?: readonly Argument[];
  readonly options?: O;
  readonly examples: readonly Example[];
  /** The exit code. What it throws is said in words by whoever runs it. */
  run(call: Call<O>): Promise<number>;
};

export type GivenValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** A definition whose options are known by their descriptions alone. */
export type Command = Omit<Definition<Options>, "run"> & {
  run(call: Omit<Call, "options"> & { readonly options: GivenValues }): Promise<number>;
};

/** Keeps the options' types for `run`, and forgets them for the table: the parser has checked the values by then. */
export function defineCommand<const O extends Options>(definition: Definition<O>): Command {
  return {
    ...definition,
    run: (call) => definition.run({ ...call, options: call.options as Call<O>["options"] }),
  };
}

export const commonOptions = {
  json: { type: "flag", about: "Print JSON, for programs; errors as JSON on standard error." },
  help: { type: "flag", short: "h", about: "Show this help." },
} as const satisfies Options;

export const apiOptions = {
  url: {
    type: "text",
    value: "URL",
    about: "Where the api is. Else PAWL_URL, else the one that `npm start` runs here.",
  },
  key: {
    type: "text",
    value: "KEY",
    about:
      "The API key. Else PAWL_API_KEY, else, for an api on this machine, the one that `npm start` keeps.",
  },
} as const satisfies Options;

export function allOptions(command: Command): Options {
  return { ...command.options, ...(command.asksApi ? apiOptions : {}), ...commonOptions };
}
