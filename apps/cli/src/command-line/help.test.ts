/** docs/cli.md is written from the table of commands; `npm test -- apps/cli -u` writes it anew. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { runPawl } from "../command-line.fixture.ts";
import { commands } from "../commands/table.ts";
import { exitCodeMeanings, exitCodes } from "./fault.ts";
import { parseCommandLine } from "./parse.ts";
import { referencePage } from "./reference.ts";

test("docs/cli.md says what the commands are", async () => {
  await expect(referencePage(commands)).toMatchFileSnapshot(
    join(import.meta.dirname, "../../../../docs/cli.md"),
  );
});

test("every command has a help with its usage and examples", async () => {
  for (const { name, examples } of commands) {
    const { code, out } = await runPawl([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(out).toContain(`Usage\n  pawl ${name}`);
    expect(examples.length).toBeGreaterThan(0);
    for (const { line } of examples) expect(out).toContain(`  $ ${line}`);
  }
});

test("every example is a line that can be parsed", () => {
  for (const { name, examples } of commands) {
    for (const { line } of examples) {
      const [command = ""] = /pawl (?:"[^"]*"|[^|<>])*/.exec(line.replace(/\$\((.*?)\).*/, "$1")) ?? [];
      const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
      expect(parseCommandLine(commands, words.slice(1)), line).toMatchObject({
        kind: "run",
        command: { name },
      });
    }
  }
});

test("every exit code has its meaning", () => {
  expect(exitCodeMeanings.map(([code]) => code)).toEqual(Object.values(exitCodes));
});
