/** The README's commands, as they are written, against the real system. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Task } from "@pawl/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { markedBlock, root, runCommand } from "../support/documents.ts";
import { finished, getTask } from "../support/follow.ts";
import { ADMIN_KEY, startSystem, WEBHOOK_SECRET } from "../support/processes.ts";

const system = await startSystem({ workers: 1 });
const env = {
  PATH: process.env.PATH ?? "",
  PAWL: system.url,
  PAWL_KEY: ADMIN_KEY,
  PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
};

/** Runs it in a shell, as a reader would, and returns what it printed. */
async function run(name: string, more: Record<string, string> = {}): Promise<string> {
  const { out, code } = await runCommand("README.md", name, { ...env, ...more });
  expect(code, name).toBe(0);
  return out;
}

describe("README", () => {
  it("submits the task of the story, polls it, follows it and finds real orders in its result", async () => {
    const submitted = JSON.parse(await run("submit")) as Task;
    expect(submitted.status).toBe("queued");
    expect((JSON.parse(await run("submit")) as Task).id).toBe(submitted.id);
    const TASK = submitted.id;
    const events = await run("follow", { TASK });
    expect(events).toContain("event: model.responded");
    expect(events.trimEnd().split("\n\n").at(-1)).toContain("event: task.completed");
    const task = JSON.parse(await run("poll", { TASK })) as Task;
    expect(task).toMatchObject({
      status: "completed",
      model_provider: "simulator",
      budget: { max_cost_usd: 0.1 },
    });
    expect(task.result?.text).toMatch(/I found 65 orders between 2023-11-10 and 2026-10-19/);
    expect(task.cost.usd).toBeGreaterThan(0);
    expect(task.cost.usd).toBeLessThanOrEqual(0.1);
  });

  it("sets what a user may spend, and shows what was spent on what", async () => {
    const printed = await run("budget");
    expect(printed).toContain('"limit_usd":2');
    expect(printed).toMatch(/"user":"C-1042"[^}]*"cost_usd":0\.\d+/);
  });

  it("waits for an answer in one request", async () => {
    const task = JSON.parse(await run("wait")) as Task;
    expect(task.status).toBe("completed");
    expect(task.result?.text).toContain("84");
  });

  it("delivers a webhook that the example's receiver verifies, and sends it again", async () => {
    const receiver = spawn("bash", ["-euc", `exec env ${markedBlock("README.md", "run", "receiver")}`], {
      cwd: root,
      env,
    });
    onTestFinished(async () => {
      receiver.kill();
      await once(receiver, "close");
    });
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toContain("waiting for webhooks");
    const { id } = JSON.parse(await run("webhook")) as Task;
    expect((await lines.next()).value).toBe(`task.completed ${id}, signature verified`);
    await finished(system, id);
    expect((await getTask(system, id)).status).toBe("completed");

    const listed = (await (await system.call("/v1/deliveries")).json()) as { data: { id: string }[] };
    const DELIVERY = listed.data[0]?.id ?? "";
    expect(await run("deliveries", { DELIVERY })).toContain(DELIVERY);
    await expect
      .poll(async () => (await (await system.call(`/v1/deliveries/${DELIVERY}`)).json()) as object, {
        timeout: 10_000,
      })
      .toMatchObject({ state: "delivered", tries: 2 });
  });

  it("does the same from the command line", async () => {
    const printed = await run("cli", {
      PAWL_URL: system.url,
      PAWL_API_KEY: ADMIN_KEY,
      REDIS_URL: system.redisUrl,
    });
    expect(printed).toMatch(/^task_\w+ completed$/m);
    expect(printed).toMatch(/^C-1042 +claude-[\w-]+ +\$0\.0\d+/m);
    expect(printed).toContain("All is well.");
  });

  it("serves Bull Board only to who has the key", async () => {
    expect((await fetch(`${system.url}/admin/queues`)).status).toBe(401);
    expect((await system.call("/admin/queues")).status).toBe(200);
  });
});
