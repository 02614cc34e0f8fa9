// Reads a process's environment once, at its start. It promises that a process either gets values it can trust or
// is told everything that is wrong, in one message, with the fix for each; and that no value is ever printed,
// because any variable may hold a secret.
import type { z } from "zod";
import { redactText } from "./redact-text.ts";

export type EnvironmentFault = { variable: string; problem: string };

/** All faults of one environment. The message names variables and fixes, never values. */
export class EnvironmentError extends Error {
  readonly faults: readonly EnvironmentFault[];

  constructor(faults: readonly EnvironmentFault[]) {
    const lines = faults.map(({ variable, problem }) => `  ${variable} ${problem}`);
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super(`The environment has ${count}:\n${lines.join("\n")}`);
    this.name = "EnvironmentError";
    this.faults = faults;
  }
}

/**
 * Parses `env` with `schema`, a `z.object` of variables (others are ignored). Values are trimmed, and an empty one
 * counts as unset. Throws `EnvironmentError` with all faults together.
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const set = Object.entries(env).flatMap(([name, value]) => {
    const trimmed = value?.trim() ?? "";
    return trimmed === "" ? [] : [[name, trimmed] as const];
  });
  const given = new Map(set);
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw new EnvironmentError(parsed.error.issues.map((issue) => faultOf(issue, given)));
}

function faultOf(issue: z.core.$ZodIssue, given: ReadonlyMap<string, string>): EnvironmentFault {
  const variable = issue.path.length === 0 ? "(environment)" : String(issue.path[0]);
  // A missing variable of a plain schema says "expected string, received undefined".
  const unset = issue.code === "invalid_type" && !given.has(variable);
  const message = unset && issue.message.startsWith("Invalid input") ? "is not set" : issue.message;
  return { variable, problem: withoutValues(message, given) };
}

/** Schemas are written by many hands: a message that quotes a value is cleaned of it. */
function withoutValues(message: string, given: ReadonlyMap<string, string>): string {
  let clean = redactText(message);
  for (const [name, value] of given) {
    if (value.length >= 8 && /key|secret|token|pass|url|auth/i.test(name)) {
      clean = clean.replaceAll(value, `<the value of ${name}>`);
    }
  }
  return clean;
}

/**
 * Adds the rule that at least one of `names` is set. Unlike a plain `.refine`, it is checked even where single
 * variables are at fault, so that all faults still come together.
 */
export function requireOneOf<Schema extends z.ZodObject>(
  schema: Schema,
  names: readonly [string, ...string[]],
  problem: string,
): Schema {
  const isSet = (env: unknown, name: string) =>
    typeof env === "object" && env !== null && Reflect.get(env, name) !== undefined;
  return schema.refine((env) => names.some((name) => isSet(env, name)), {
    path: [names[0]],
    error: problem,
    when: () => true,
  });
}

/** Where a failing start is reported; `process` in life. */
export type StartingProcess = { stderr: { write(text: string): unknown }; exit(code: number): never };

/**
 * For main.ts: `const env = exitOnEnvironmentError(() => readEnvironment(schema, process.env))`. Faults go to
 * stderr and end the process with 1; any other error is thrown on.
 */
export function exitOnEnvironmentError<Value>(read: () => Value, starting: StartingProcess = process): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    starting.stderr.write(`${error.message}\n`);
    return starting.exit(1);
  }
}
