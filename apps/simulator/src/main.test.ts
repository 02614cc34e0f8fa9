// The simulator as a process: what it prints, how it ends, what it refuses.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const exit = once(child, "close").then(([code]) => ({ code, stderr }));
  const firstLine = once(createInterface(child.stdout), "line").then(([line]) => JSON.parse(String(line)));
  return { child, exit, firstLine };
}

it.each(["SIGTERM", "SIGINT"] as const)(
  "listens, serves its scenario and ends on %s within a second",
  async (signal) => {
    const folder = await mkdtemp(join(tmpdir(), "simulator-"));
    try {
      const path = join(folder, "scenario.json");
      await writeFile(path, JSON.stringify({ steps: [{ fault: { kind: "stall", before_headers: true } }] }));
      const { child, exit, firstLine } = start({ PORT: "0", LOG_LEVEL: "silent", SIMULATOR_SCENARIO: path });
      const line = await firstLine;
      expect(line).toMatchObject({ message: "listening", port: expect.any(Number) });
      const pending = fetch(`${line.url}/v1/messages`, {
        method: "POST",
        headers: { "x-api-key": "k" },
        body: JSON.stringify({
          model: "claude-sonnet-5-5",
          max_tokens: 5,
          messages: [{ role: "user", content: "hi" }],
        }),
      }).catch(() => "broken off");
      await expect
        .poll(async () => (await fetch(`${line.url}/control/scenario`)).json())
        .toMatchObject({ stalled: 1 });
      const signalledMs = performance.now();
      child.kill(signal);
      expect(await exit).toEqual({ code: 0, stderr: "" });
      expect(performance.now() - signalledMs).toBeLessThan(1_000);
      expect(await pending).toBe("broken off");
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

it("tells all faults of its environment together and exits 1", async () => {
  const { code, stderr } = await start({
    PORT: "70000",
    LOG_LEVEL: "loud",
    SIMULATOR_SCENARIO: "/nowhere.json",
    SIMULATOR_BILLING: "generous",
  }).exit;
  expect(code).toBe(1);
  for (const name of ["PORT", "LOG_LEVEL", "SIMULATOR_SCENARIO", "SIMULATOR_BILLING"])
    expect(stderr).toContain(name);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

it("bills the worst where the environment says so", async () => {
  const { child, exit, firstLine } = start({ PORT: "0", SIMULATOR_BILLING: "worst" });
  const { url } = await firstLine;
  const scenario = await (await fetch(`${url}/control/scenario`)).json();
  child.kill("SIGTERM");
  expect(scenario).toMatchObject({ default: "brain", billing: { mode: "worst", bytes_per_token: 1 } });
  await exit;
});

it("exits 1 with the reason when its port is taken", async () => {
  const first = start({ PORT: "0" });
  const { port } = await first.firstLine;
  const { code, stderr } = await start({ PORT: String(port) }).exit;
  first.child.kill("SIGTERM");
  expect(code).toBe(1);
  expect(stderr).toContain("EADDRINUSE");
  await first.exit;
});
