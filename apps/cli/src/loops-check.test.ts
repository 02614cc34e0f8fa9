import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loopsCheck } from "./loops-check.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pawl-loops-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function check(text: string) {
  const path = join(dir, "rows.jsonl");
  await writeFile(path, text);
  const [out, err]: [string[], string[]] = [[], []];
  const code = await loopsCheck(path, { out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, verdicts: out.map((line) => JSON.parse(line)), err: err.join("\n") };
}

const row = (turn: number, more: object = {}) =>
  JSON.stringify({ turn, tool: "get_order", args: { id: "O-1" }, result: { status: "shipped" }, ...more });

it("prints one verdict for each row, up the ladder", async () => {
  const { code, verdicts } = await check([1, 2, 3, 4].map((turn) => row(turn)).join("\n"));
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(["ok", "warn", "block", "stop"]);
  expect(verdicts[3]).toMatchObject({ rule: "same_result", evidence: { tool: "get_order", count: 3 } });
  expect(code).toBe(0);
});

it("passes over blank lines, members it does not know and nulls", async () => {
  const { code, verdicts } = await check(`${row(1, { text: null, label: "honest" })}\r\n\r\n${row(2)}\r\n`);
  expect([code, verdicts.length]).toEqual([0, 2]);
});

it("names the line that is no observation", async () => {
  const { code, verdicts, err } = await check(`${row(1)}\n{"tool":"x"}\n`);
  expect(code).toBe(1);
  expect(verdicts).toHaveLength(1);
  expect(err).toMatch(/line 2: .*\n? *→ at turn/s);
});

it("says that a file is missing", async () => {
  const err: string[] = [];
  expect(await loopsCheck(join(dir, "nothing.jsonl"), { out: () => {}, err: (line) => err.push(line) })).toBe(
    1,
  );
  expect(err.join()).toMatch(/no such file/);
});
