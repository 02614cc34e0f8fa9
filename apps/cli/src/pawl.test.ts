/** `pawl` as a process, as a shell starts it: signals, pipes, exit codes. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { submit } from "../../../test/support/follow.ts";
import { ADMIN_KEY, startSystem } from "../../../test/support/processes.ts";
import { bareEnv } from "./command-line.fixture.ts";

const system = await startSystem({ workers: 0 });
const program = join(import.meta.dirname, "../bootstrap/pawl.mjs");

function start(words: string[], env: NodeJS.ProcessEnv = {}) {
  const child: ChildProcess = spawn(process.execPath, [program, ...words], {
    env: {
      PATH: process.env.PATH,
      NODE_DISABLE_COMPILE_CACHE: "1", // it would be kept in the data folder that is not there
      ...bareEnv({ PAWL_URL: system.url, PAWL_API_KEY: ADMIN_KEY }),
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout === null || child.stderr === null) throw new Error("its output is ours to read");
  const exit = new Promise<number | string | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(code ?? signal)),
  );
  return { child, stdout: child.stdout, stderr: child.stderr, exit };
}

test("exit codes, output and complaints come through", async () => {
  const fine = start(["--version"]);
  expect(await text(fine.stdout)).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await fine.exit).toBe(0);
  const wrong = start(["tasks", "list", "--limt", "3"]);
  expect(await text(wrong.stderr)).toContain("Did you mean --limit?");
  expect(await wrong.exit).toBe(2);
  const away = start(["tasks", "list"], { PAWL_URL: "http://127.0.0.1:9" });
  expect(await text(away.stderr)).toContain("cannot be reached");
  expect(await away.exit).toBe(4);
});

test.for(["SIGINT", "SIGTERM"] as const)(
  "%s lets go of the task that is watched, which goes on",
  async (signal) => {
    // Nobody performs it: it stays.
    const { id } = await submit(system, { input: "x" });
    const watch = start(["tasks", "watch", id, "--json"]);
    const complaints = text(watch.stderr);
    const [first] = await Promise.race([watch.stdout.take(1).toArray(), watch.exit.then(() => [])]);
    expect(String(first)).toContain('"type":"task.submitted"');
    watch.child.kill(signal);
    expect(await watch.exit).toBe(130);
    expect(await complaints).toContain(`pawl tasks cancel ${id}`);
    expect((await (await system.call(`/v1/tasks/${id}`)).json()) as object).toMatchObject({
      status: "queued",
    });
  },
);

test("who reads only the first line has read enough", async () => {
  await Promise.all(
    Array.from({ length: 100 }, () => submit(system, { input: "x".repeat(200), user: "piper" })),
  );
  const list = start(["tasks", "list", "--user", "piper", "--limit", "100", "--json"]);
  const complaints = text(list.stderr);
  list.stdout.destroy();
  expect(await list.exit).toBe(0);
  expect(await complaints).toBe("");
});

test("who reads no further ends a watch with the next thing there is to say", async () => {
  const { id } = await submit(system, { input: "x" });
  const watch = start(["tasks", "watch", id, "--json"]);
  const complaints = text(watch.stderr);
  const [first] = await watch.stdout.take(1).toArray();
  expect(String(first)).toContain('"type":"task.submitted"');
  watch.stdout.destroy();
  await system.call(`/v1/tasks/${id}/cancel`, { method: "POST" });
  expect(await watch.exit).toBe(0);
  expect(await complaints).toBe("");
});

test("an answer longer than a pipe is read to its end", async () => {
  const list = start(["tasks", "list", "--user", "piper", "--limit", "100", "--json"]);
  const { data } = JSON.parse(await text(list.stdout)) as { data: unknown[] };
  expect(data).toHaveLength(100);
  expect(await list.exit).toBe(0);
});
