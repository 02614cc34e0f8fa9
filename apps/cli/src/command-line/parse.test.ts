import { expect, test } from "vitest";
import { commands } from "../commands/table.ts";
import { CommandFault } from "./fault.ts";
import { parseCommandLine } from "./parse.ts";

const parse = (...words: string[]) => parseCommandLine(commands, words);

/** What is said about a line that makes no sense. */
function fault(...words: string[]): string {
  try {
    parse(...words);
  } catch (error) {
    if (!(error instanceof CommandFault)) throw error;
    expect(error.exitCode).toBe(2);
    return `${error.message} ${error.fix}`;
  }
  throw new Error(`${words.join(" ")}: nothing was wrong`);
}

test("options may stand anywhere, with their value behind them or tied to them", () => {
  const wanted = {
    kind: "run",
    args: ["hello"],
    options: { budget: 0.1, agent: "a", watch: true, json: true },
  };
  expect(parse("run", "hello", "--budget", "0.10", "--agent=a", "-w", "--json")).toMatchObject(wanted);
  expect(parse("--json", "run", "--budget=$0.10", "-w", "--agent", "a", "hello")).toMatchObject(wanted);
  expect(parse("--url", "http://x", "tasks", "list")).toMatchObject({ options: { url: "http://x" } });
  expect(parse("run", "--", "--looks like an option")).toMatchObject({ args: ["--looks like an option"] });
});

test("help is found however it is asked for", () => {
  expect(parse()).toMatchObject({ kind: "help", command: undefined, room: undefined });
  expect(parse("--help")).toMatchObject({ kind: "help", command: undefined });
  expect(parse("tasks")).toMatchObject({ kind: "help", room: "tasks" });
  expect(parse("help", "tasks", "list")).toMatchObject({ kind: "help", command: { name: "tasks list" } });
  expect(parse("tasks", "list", "-h")).toMatchObject({ kind: "help", command: { name: "tasks list" } });
  expect(parse("--version")).toEqual({ kind: "version" });
});

test("what makes no sense is named, with the nearest thing that would", () => {
  expect(fault("usge")).toContain("Did you mean `pawl usage`?");
  expect(fault("tasks", "lst")).toContain("There are: list, get, watch, cancel, resume.");
  expect(fault("tasks", "list", "--limt", "3")).toContain("Did you mean --limit?");
  expect(fault("tasks", "list", "--limit")).toContain("--limit needs a N");
  expect(fault("tasks", "list", "--limit", "none")).toContain("whole number from 1");
  expect(fault("tasks", "list", "--status", "done")).toContain("must be one of queued, running");
  expect(fault("run", "x", "--budget", "much")).toContain("must be dollars, such as 0.10");
  expect(fault("run", "x", "--agent", "--watch")).toContain("--agent needs a NAME");
  expect(fault("run", "x", "--watch=yes")).toContain("--watch takes no value");
  expect(fault("run")).toContain("TEXT is missing");
  expect(fault("run", "two", "words")).toContain("in quotes");
  expect(fault("--watch")).toContain("no command in this line");
});
