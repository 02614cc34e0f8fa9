/** The tutorial as it is written, step by step, and the marked commands of the other pages, against the real system. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Task } from "@pawl/protocol";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { commandNames, markedBlock, pages, root, runCommand } from "../support/documents.ts";
import { ADMIN_KEY, startSystem, WEBHOOK_SECRET } from "../support/processes.ts";
import { type ScriptStep, script } from "../support/simulator-script.ts";

const TUTORIAL = "docs/tutorial.md";
// Inside the clone, where the tutorial has its reader put it.
mkdirSync(join(root, ".pawl"), { recursive: true });
const folder = mkdtempSync(join(root, ".pawl/tutorial-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, "pawl.config.ts");
writeFileSync(config, markedBlock(TUTORIAL, "file", "my-agent/pawl.config.ts"));
const scenario = JSON.parse(markedBlock(TUTORIAL, "file", "my-agent/loop.json")) as { steps: ScriptStep[] };

const system = await startSystem({ workers: 1, env: { PAWL_CONFIG: config } });
await script(system, scenario.steps);
const env = {
  PAWL: system.url,
  PAWL_KEY: ADMIN_KEY,
  PAWL_URL: system.url,
  PAWL_API_KEY: ADMIN_KEY,
  PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
};
const step = (name: string, more: Record<string, string> = {}) =>
  runCommand(TUTORIAL, name, { ...env, ...more });

describe("the tutorial", () => {
  it("watches a run, and lets it change something", async () => {
    const { out, code } = await step("tutorial-watch");
    expect(out).toMatch(/asks for find_books[\s\S]+completed\n {2}I found 3 books/);
    expect(code).toBe(0);
    const reserved = await step("tutorial-write");
    expect(reserved.out).toContain("reserved Persuasion");
    expect(reserved.code).toBe(0);
  });

  it("stops for want of money below the limit, and goes on with more", async () => {
    const { out, code } = await step("tutorial-short");
    expect(out).toContain("because: budget_reached");
    expect(code).toBe(3);
    const TASK = /^(task_\w+) stopped$/m.exec(out)?.[1] ?? "";
    const resumed = await step("tutorial-resume", { TASK });
    expect(resumed.out).toMatch(/task\.resumed[\s\S]+completed/);
    expect(resumed.code).toBe(0);
    const budget = await step("tutorial-budget");
    expect(budget.out).toMatch(/ada +claude-sonnet-5-5/);
    expect(budget.code).toBe(0);
  });

  it("sees a loop stopped", async () => {
    const { out, code } = await step("tutorial-loop");
    expect(out).toContain("because: loop_detected");
    expect(code).toBe(3);
  });

  it("is told by a webhook", async () => {
    const command = markedBlock(TUTORIAL, "run", "tutorial-receiver");
    const receiver = spawn("bash", ["-euc", `exec env ${command}`], {
      cwd: root,
      env: { PATH: process.env.PATH ?? "", ...env },
    });
    onTestFinished(async () => {
      receiver.kill();
      await once(receiver, "close");
    });
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toContain("waiting for webhooks");
    const { id } = JSON.parse((await step("tutorial-webhook")).out) as Task;
    expect((await lines.next()).value).toBe(`task.completed ${id}, signature verified`);
  });
});

describe("the other pages", () => {
  const others = pages()
    .filter((page) => page !== TUTORIAL && page !== "README.md")
    .flatMap((page) => commandNames(page).map((name) => ({ page, name })));

  it.each(others)("$page runs as it is written: $name", async ({ page, name }) => {
    const { out, code } = await runCommand(page, name, env);
    expect(code).toBe(0);
    expect(out).not.toBe("");
    expect(out).not.toContain('"type":"/problems/');
  });
});
