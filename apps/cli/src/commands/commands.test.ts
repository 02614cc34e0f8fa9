/** Each command against a real api, worker and simulator. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Task } from "@pawl/client";
import { expect, it, onTestFinished } from "vitest";
import { finished, submit } from "../../../../test/support/follow.ts";
import { ADMIN_KEY, startSystem } from "../../../../test/support/processes.ts";
import { startReceiver } from "../../../../test/support/receiver.ts";
import { script } from "../../../../test/support/simulator-script.ts";
import { bareEnv, type RunOptions, runPawl } from "../command-line.fixture.ts";

const system = await startSystem({ workers: 1 });
const env = bareEnv({ PAWL_URL: system.url, PAWL_API_KEY: ADMIN_KEY });
const pawl = (line: string, options: RunOptions = {}) => runPawl(wordsOf(line), { env, ...options });
const pawlJson = async (line: string) => JSON.parse((await pawl(`${line} --json`)).out);

const ESC = "\x1b";

/** As a shell would: quotes hold words together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
}

it("run --watch prints each step in a plain line, then the end and the answer", async () => {
  const { code, out, err } = await pawl('run "What is 12 * (3 + 4)?" --watch --budget 0.10');
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/^task_\w+ default, claude-[\w-]+, may cost \$0\.10$/m);
  expect(out).toMatch(/^ {2}turn 1: /m);
  expect(out).toMatch(/^ {2}tool calculator: done in \d+ ms$/m);
  expect(out).toMatch(/^task_\w+ completed$/m);
  expect(out).toContain("84");
  expect(out).toMatch(/\(it cost \$0\.0\d+\)/);
  expect(out).not.toContain("\x1b");
});

it("run without --watch names the task and ends; its text may come from standard input", async () => {
  const { code, out } = await pawl("run - --user C-7 --json", { stdin: "What is 6 * 7?\n" });
  expect(code).toBe(0);
  const task = JSON.parse(out) as Task;
  expect(task).toMatchObject({ user: "C-7", status: "queued" });
  expect((await finished(system, task.id)).result?.text).toContain("42");
  expect((await pawl('run "What is 6 * 7?"')).out).toMatch(
    /^task_\w+ queued\n {2}pawl tasks watch task_\w+\n$/,
  );
  expect(await pawl("run -", { stdin: " \n" })).toMatchObject({ code: 2 });
});

it("a task that ends otherwise than completed gives 3, and is resumed with more money", async () => {
  const stopped = await pawl(
    'run "Count my orders, please" --agent support --user C-1042 --max-turns 1 --watch',
  );
  expect(stopped.code).toBe(3);
  expect(stopped.out).toMatch(/^task_\w+ stopped$/m);
  expect(stopped.out).toContain("because: max_turns");
  const id = /^(task_\w+)/.exec(stopped.out)?.[1] ?? "";
  const refused = await pawl(`tasks resume ${id}`);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("pawl: The task's state does not allow that");
  const resumed = await pawl(`tasks resume ${id} --max-turns 20 --watch`);
  expect(resumed.out).toMatch(/^task_\w+ completed$/m);
  expect(resumed.code).toBe(0);
});

it("watch --json gives each event of the journal in a line, then the task", async () => {
  const { id } = await submit(system, { input: "What is 2 + 2?" });
  const { code, out } = await pawl(`tasks watch ${id} --json`);
  expect(code).toBe(0);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ id, status: "completed" });
  expect(lines.slice(0, -1).map(({ seq }) => seq)).toEqual(lines.slice(0, -1).map((_, index) => index + 1));
  expect(lines.at(-2)).toMatchObject({ type: "task.completed" });
});

it("on a terminal the progress is redrawn in place, with the answer as it is written", async () => {
  await script(system, [
    {
      match: { contains: "long story" },
      reply: { content: [{ type: "text", text: "Once upon a time ".repeat(12) }] },
      latency_ms: 900,
      times: -1,
    },
  ]);
  const { code, out } = await pawl('run "Tell a long story" --watch --budget 0.25', { isTerminal: true });
  expect(code).toBe(0);
  const plain = stripVTControlCharacters(out);
  expect(plain).toMatch(/● running/);
  expect(plain).toMatch(/turns 0\/50 {3}calls 0\/200 {3}tokens 0\/500,000/);
  expect(plain).toMatch(/░ \$0\.\d+ of \$0\.25 \(\d/);
  expect(out).toMatch(new RegExp(`${ESC}\\[\\d*A`)); // the cursor goes up: drawn in place
  expect(out).toContain("\x1b[32mcompleted");
});

it("NO_COLOR takes the colours away, and nothing else", async () => {
  const noColour = { isTerminal: true, env: { ...env, NO_COLOR: "1" } };
  expect((await pawl("tasks list", { isTerminal: true })).out).toContain(ESC);
  expect((await pawl("tasks list", noColour)).out).not.toContain(ESC);
  // What does not change from one look to the next.
  const [coloured, plain] = [await pawl("--help", { isTerminal: true }), await pawl("--help", noColour)];
  expect(coloured.out).toContain(ESC);
  expect(plain.out).toBe(stripVTControlCharacters(coloured.out));
});

it("tasks are listed, filtered, shown and cancelled", async () => {
  const { id } = await submit(system, { input: "later", user: "lister", delay_ms: 3_600_000 });
  const listed = await pawl("tasks list --user lister");
  expect(listed.out.split("\n")[0]).toMatch(/^ID +STATUS +COST +STEPS +CREATED +AGENT +USER$/);
  expect(listed.out).toMatch(new RegExp(`^${id} +waiting: timer .* lister$`, "m"));
  expect(await pawlJson("tasks list --user lister")).toMatchObject({ data: [{ id }], next_cursor: null });
  expect((await pawl("tasks list --user nobody")).out).toBe("No task is so.\n");
  expect((await pawl(`tasks get ${id}`)).out).toMatch(/waiting \(for timer\)[\s\S]*\$0\.000000 of \$0\.50/);
  expect(await pawlJson(`tasks get ${id}`)).toMatchObject({ id, status: "waiting" });
  expect((await pawl(`tasks cancel ${id}`)).out).toMatch(new RegExp(`^${id} cancelled `));
  expect(await pawlJson(`tasks cancel ${id}`)).toMatchObject({ status: "cancelled" });
  expect((await pawl(`tasks watch ${id}`)).code).toBe(3);
});

it("a list is gathered over as many pages as its limit takes", async () => {
  await Promise.all(
    Array.from({ length: 105 }, () => submit(system, { input: "x", user: "many", delay_ms: 3_600_000 })),
  );
  const all = await pawlJson("tasks list --user many --limit 104");
  expect(all.data).toHaveLength(104);
  const rest = await pawlJson(`tasks list --user many --cursor ${all.next_cursor}`);
  expect(rest.data).toHaveLength(1);
  expect(new Set([...all.data, ...rest.data].map(({ id }) => id)).size).toBe(105);
});

it("what a model and a user write cannot touch the terminal", async () => {
  const attack = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\u009b5m\u202eevil\r\x08";
  await script(system, [
    {
      match: { contains: "attack me" },
      reply: { content: [{ type: "text", text: `Answer ${attack} end` }] },
      times: -1,
    },
  ]);
  const { id } = await submit(system, { input: `attack me ${attack}`, metadata: { attack } });
  const runs = [
    await pawl(`tasks watch ${id}`),
    await pawl(`tasks watch ${id} --json`),
    await pawl(`tasks get ${id}`),
    await pawl(`tasks get ${id} --json`),
    await pawl(`tasks watch ${id}`, { isTerminal: true, env: { ...env, NO_COLOR: "1" } }),
    await pawl(`run "${attack}" --agent "${"x\u202ey"}"`),
  ];
  for (const { out, err } of runs) {
    // Our own redrawing aside, of which the attack is no part.
    const drawn = out.replaceAll(new RegExp(`${ESC}\\[(\\?2026[hl]|\\d*[AGK])|\n`, "g"), "");
    expect(drawn + err.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
  }
  expect(runs[0]?.out).toContain("Answer \\x1b]0;owned\\x07\\x1b[2J");
  const shown = JSON.parse(runs[3]?.out ?? "") as Task;
  expect(shown.result?.text).toContain(attack);
});

it("usage is a table, JSON or CSV, by whatever it is grouped by", async () => {
  const { id } = await submit(system, { input: "What is 6 * 7?", user: "payer" });
  await finished(system, id);
  await expect
    .poll(async () => (await pawl("usage --group-by user")).out, { timeout: 10_000 })
    .toMatch(/^payer +\$0\.0/m);
  const { out } = await pawl("usage --group-by user,model");
  expect(out.split("\n")[0]).toMatch(/^USER +MODEL +COST +CALLS +IN +CACHED +OUT$/);
  expect(out).toMatch(/^all +all +\$0\.0/m);
  const report = await pawlJson("usage --group-by user --user payer");
  expect(report).toMatchObject({
    data: [{ user: "payer" }],
    next_cursor: null,
    total: { calls: expect.any(Number) },
  });
  const csv = await pawl("usage --group-by user --csv");
  expect(csv.out).toMatch(/^"?user"?,"?cost_usd/);
  expect(csv.out).toContain("payer");
  const wrong = await pawl("usage --group-by shoe-size");
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("There are: day, user") });
  const late = await pawl("usage --from 2026-13-01 --csv");
  expect(late).toMatchObject({ code: 1, err: expect.stringContaining("/from must be a date") });
});

it("budgets are set, shown, listed and removed", async () => {
  const set = await pawl("budgets set user C-9 2 --window day --soft 1.50");
  expect(set.code).toBe(0);
  expect(set.out).toMatch(/^user C-9 +day +\$2\.00 +\$0\.000000 .* \$1\.50 +refuse .* set$/m);
  expect(await pawlJson("budgets get user C-9")).toMatchObject({
    data: [{ window: "day", limit_usd: 2, source: "set" }],
  });
  expect((await pawl("budgets list")).out).toMatch(/^user C-9 +day/m);
  const removed = await pawl("budgets remove user C-9");
  expect(removed.out).toMatch(/^The limit of the day is gone\./);
  expect(await pawlJson("budgets get user C-9")).toMatchObject({
    data: [{ limit_usd: 5, source: "config" }],
  });
  expect(await pawl("budgets set user C-9 much")).toMatchObject({ code: 2 });
  expect(await pawl("budgets get planet earth")).toMatchObject({ code: 2 });
});

it("a spent budget refuses in words that say what to do", async () => {
  await pawl("budgets set user broke 0");
  const { code, err } = await pawl('run "x" --user broke');
  expect(code).toBe(1);
  expect(err).toMatch(/pawl: The budget is spent: .*\n[\s\S]*`pawl budgets set` raises it/);
});

it("keys are made, listed without their secret and revoked", async () => {
  const made = await pawlJson("keys create acme --name production");
  expect(made).toMatchObject({
    key: expect.stringMatching(/^pawl_/),
    webhook_secret: expect.stringMatching(/^whsec_/),
  });
  expect(await pawlJson(`tasks list --key ${made.key}`)).toEqual({ data: [], next_cursor: null });
  const listed = await pawl("keys list --tenant acme");
  expect(listed.out).toMatch(new RegExp(`^${made.id} +acme +production +tasks`, "m"));
  expect(listed.out).not.toContain(made.key);
  expect((await pawl(`keys list --key ${made.key}`)).err).toContain("admin");
  expect((await pawl(`keys revoke ${made.id}`)).out).toBe(`${made.id} is revoked.\n`);
  expect((await pawl(`tasks list --key ${made.key}`)).code).toBe(5);
  expect((await pawl(`keys revoke ${made.key}`)).code).toBe(2);
});

it("deliveries are listed and sent again", async () => {
  const receiver = await startReceiver();
  const { id } = await submit(system, { input: "What is 6 * 7?", webhook_url: receiver.url });
  await finished(system, id);
  const list = () => pawl(`deliveries list --task ${id}`);
  await expect
    .poll(async () => (await list()).out, { timeout: 10_000 })
    .toMatch(/delivered +task\.completed +1 +HTTP 2/);
  const [delivery] = (await pawlJson("deliveries list")).data;
  expect((await pawl(`deliveries redeliver ${delivery.id}`)).out).toMatch(/^dlv_\w+ pending/);
  await expect
    .poll(async () => (await list()).out, { timeout: 10_000 })
    .toMatch(/delivered +task\.completed +2 /);
});

it("the detector of loops is asked offline", async () => {
  const dir = await mkdtemp(join(tmpdir(), "pawl-cli-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  await writeFile(join(dir, "rows.jsonl"), '{"turn":1,"text":"hello"}\n');
  expect(await pawl(`loops check ${dir}/rows.jsonl`)).toMatchObject({ code: 0, out: '{"verdict":"ok"}\n' });
  expect(await pawl(`loops check ${dir}/none.jsonl`)).toMatchObject({ code: 1 });
});

it("the guards are asked offline, from a file or from standard input", async () => {
  const stdin = '{"text":"Call me: jane@example.com"}\n{"no":"text"}\n';
  const { code, out, err } = await pawl("guard check -", { stdin });
  expect(code).toBe(1);
  const [verdict, fault] = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(verdict).toMatchObject({ action: expect.any(String), text: expect.any(String) });
  expect(fault).toMatchObject({ error: expect.any(String) });
  expect(err).toContain("line 2");
});

it("no api, no key, a wrong key and a wrong id each say what to do", async () => {
  const nobody = await runPawl(["tasks", "list", "--url", "http://127.0.0.1:9"], { env });
  expect(nobody.code).toBe(4);
  expect(nobody.err).toMatch(
    /pawl: The api at http:\/\/127.0.0.1:9 cannot be reached: .*\n[\s\S]*pawl doctor/,
  );
  const keyless = await runPawl(["tasks", "list"], { env: bareEnv({ PAWL_URL: system.url }) });
  expect(keyless.code).toBe(5);
  expect(keyless.err).toContain("Set PAWL_API_KEY");
  const wrong = await pawl("tasks list --key wrong");
  expect(wrong.code).toBe(5);
  expect(wrong.err).toContain("The key came from --key");
  const json = await pawl("tasks list --key wrong --json");
  expect(JSON.parse(json.err)).toMatchObject({
    error: { code: "unauthorized", request_id: expect.any(String) },
    exit_code: 5,
  });
  expect(json.out).toBe("");
  const unknown = await pawl("tasks get task_01m822fd12bzdmjrnmjgya6dxh");
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("Is the id right") });
  expect(await pawl("tasks get ../api-keys")).toMatchObject({ code: 2 });
});
