import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { guardCheck } from "./guard-check.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pawl-guard-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function check(path: string, piped = "", options: { secondTier?: boolean } = {}) {
  const stdout = new PassThrough();
  const read = textOf(stdout);
  const err: string[] = [];
  const code = await guardCheck(
    path,
    { stdin: Readable.from([piped]), stdout, err: (line) => err.push(line) },
    options,
  );
  stdout.end();
  const lines = (await read).split("\n").filter((line) => line !== "");
  return { code, answers: lines.map((line) => JSON.parse(line)), err: err.join("\n") };
}

const row = (text: string, more: object = {}) => JSON.stringify({ text, ...more });

it("prints one verdict for each row, in order, by the row's direction", async () => {
  const path = join(dir, "rows.jsonl");
  const text = "Mail ann@example.com.";
  await writeFile(
    path,
    [row("Where is my parcel?"), row(text), row(text, { direction: "output", id: 3 })].join("\r\n"),
  );
  const { code, answers } = await check(path);
  expect(code).toBe(0);
  expect(answers).toMatchObject([
    { action: "allow", text: "Where is my parcel?" },
    {
      action: "allow",
      findings: expect.arrayContaining([
        { guard: "pii", category: "email", score: 1, start: 5, end: 20, action: "allow" },
      ]),
      text,
    },
    { action: "redact", text: "Mail [EMAIL_REDACTED]." },
  ]);
});

it("answers a line that it cannot read with an error, and goes on", async () => {
  const { code, answers, err } = await check(
    "-",
    `{"text":1}\nno json\n\n${row("x", { direction: "sideways" })}\n${row("Hi")}`,
  );
  expect(code).toBe(1);
  expect(answers).toHaveLength(4);
  expect(answers.slice(0, 3).every(({ error }) => typeof error === "string")).toBe(true);
  expect(answers[3]).toMatchObject({ action: "allow" });
  expect(err).toMatch(/-, line 2: /);
});

it("hears the second tier of content where it is asked for", async () => {
  const rows = row("She told me that she wanted to be dead.");
  const [inline, full] = [await check("-", rows), await check("-", rows, { secondTier: true })];
  expect(full.code).toBe(0);
  const harm = ({ answers }: typeof full) =>
    answers[0].findings.find(({ category }: { category: string }) => category === "self_harm").score;
  expect(harm(full)).not.toBe(harm(inline));
}, 60_000);

it("says that a file is missing", async () => {
  const { code, err } = await check(join(dir, "nothing.jsonl"));
  expect([code, err]).toEqual([1, expect.stringMatching(/no such file/)]);
});

it("is a command of pawl, fed by a pipe", async () => {
  const pawl = spawn(process.execPath, [join(import.meta.dirname, "pawl.ts"), "guard", "check", "-"]);
  pawl.stdin.end(`${row("Hello there", { direction: "input" })}\n`);
  const [out, code] = await Promise.all([
    textOf(pawl.stdout),
    new Promise((resolve) => pawl.once("exit", resolve)),
  ]);
  expect(JSON.parse(out)).toMatchObject({ action: "allow", text: "Hello there" });
  expect(code).toBe(0);
});
