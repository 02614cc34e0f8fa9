/** The bootstrap script on a small project of its own: a copy of its files, a lock file and a tiny npm. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

/** Stands at the place of npm: notes how it was called and leaves what `npm ci` would leave. */
const NPM = `
const fs = require("node:fs");
fs.appendFileSync("npm-calls.txt", process.argv.slice(2).join(" ") + "\\n");
if (fs.existsSync("npm-fails")) { console.error("npm error code EAI_AGAIN"); process.exit(1); }
fs.mkdirSync("node_modules", { recursive: true });
fs.copyFileSync("package-lock.json", "node_modules/.package-lock.json");`;

const lockFile = (version: string) =>
  JSON.stringify({
    packages: {
      "": {},
      "node_modules/a": { version },
      "node_modules/b": { version: "1.0.0", optional: true },
    },
  });

const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

function newProject() {
  const root = mkdtempSync(join(tmpdir(), "pawl-run-"));
  roots.push(root);
  cpSync(import.meta.dirname, join(root, "apps/cli/bootstrap"), { recursive: true });
  mkdirSync(join(root, "apps/demo/src"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  writeFileSync(join(root, "package-lock.json"), lockFile("1.0.0"));
  mkdirSync(join(root, "npm"));
  writeFileSync(join(root, "npm/npm-cli.js"), NPM);
  writeFileSync(join(root, "npm/package.json"), '{"type":"commonjs"}');
  const calls = () =>
    existsSync(join(root, "npm-calls.txt"))
      ? readFileSync(join(root, "npm-calls.txt"), "utf8").trim().split("\n")
      : [];
  const program = (source: string) => writeFileSync(join(root, "apps/demo/src/main.ts"), source);
  program('console.log("ran", process.argv.slice(2).join(","));');
  return { root, calls, program };
}

function run(root: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const script = join(root, "apps/cli/bootstrap/run.mjs");
  const all = { ...process.env, npm_execpath: join(root, "npm/npm-cli.js"), PAWL_DATA_DIR: "", ...env };
  const child = spawn(process.execPath, [script, ...args], { env: all, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const exit = new Promise<number | string | null>((done) =>
    child.once("close", (code, signal) => done(code ?? signal)),
  );
  return { child, exit, output: () => output };
}

async function runToEnd(root: string, args: string[], env?: NodeJS.ProcessEnv) {
  const one = run(root, args, env);
  const code = await one.exit;
  return { code, output: one.output() };
}

const demo = ["process", "demo"];

test("a fresh clone is installed once, with what NODE_ENV=production would drop, and again when the lock file changes", async () => {
  const { root, calls } = newProject();
  const first = await runToEnd(root, [...demo, "a", "b"], { NODE_ENV: "production" });
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining("ran a,b") });
  expect(calls()).toEqual([expect.stringMatching(/^ci --include=dev/)]);
  expect(await runToEnd(root, demo)).toEqual({ code: 0, output: "ran \n" });
  expect(calls()).toHaveLength(1);
  writeFileSync(join(root, "package-lock.json"), lockFile("2.0.0"));
  await runToEnd(root, demo);
  expect(calls()).toHaveLength(2);
});

test("processes that start together install once", async () => {
  const { root, calls } = newProject();
  const all = await Promise.all([1, 2, 3, 4].map(() => runToEnd(root, demo)));
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(calls()).toHaveLength(1);
});

test("an installation made by hand is left alone by a lone process, and adopted by the others only if complete", async () => {
  const { root, calls } = newProject();
  mkdirSync(join(root, "apps/cli/src"));
  writeFileSync(join(root, "apps/cli/src/up.ts"), 'console.log("up");');
  mkdirSync(join(root, "node_modules"));
  await runToEnd(root, demo);
  expect(calls()).toEqual([]);
  writeFileSync(
    join(root, "node_modules/.package-lock.json"),
    JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
  );
  expect(await runToEnd(root, ["start"])).toEqual({ code: 0, output: "up\n" });
  expect(calls()).toEqual([]);
  rmSync(join(root, "node_modules/.pawl-stamp"));
  writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages: {} }));
  await runToEnd(root, ["start"]);
  expect(calls()).toHaveLength(1);
});

test("an installation that failed is explained, and repeated by whoever comes next", async () => {
  const { root, calls } = newProject();
  writeFileSync(join(root, "npm-fails"), "");
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "node_modules/.pawl-stamp"), "another lock file");
  const failed = await runToEnd(root, demo);
  expect(failed.code).toBe(1);
  expect(failed.output).toContain("npm error code EAI_AGAIN");
  expect(failed.output).toContain("is there a network");
  expect(failed.output).toContain("npm ci --include=dev");
  rmSync(join(root, "npm-fails"));
  expect((await runToEnd(root, demo)).code).toBe(0);
  expect(calls()).toHaveLength(2);
});

test("exit codes, deadly signals and output are the program's own", async () => {
  const { root, program } = newProject();
  program('process.stdout.write("out"); process.exitCode = 7;');
  expect(await runToEnd(root, demo)).toMatchObject({ code: 7, output: expect.stringMatching(/out$/) });
  program('process.kill(process.pid, "SIGKILL");');
  expect((await runToEnd(root, demo)).code).toBe("SIGKILL");
});

test("SIGTERM is passed on, once, and the program decides how to end", async () => {
  const { root, program } = newProject();
  program(
    'process.on("SIGTERM", () => { console.log("term"); setTimeout(() => process.exit(5), 100); }); setInterval(() => {}, 1000); console.log("up");',
  );
  const one = run(root, demo);
  await expect.poll(one.output, { timeout: 10_000 }).toContain("up\n");
  one.child.kill("SIGTERM");
  one.child.kill("SIGTERM");
  expect(await one.exit).toBe(5);
  expect(one.output().match(/term/g)).toHaveLength(1);
});

test("a program does not outlive a killed bootstrap", async () => {
  const { root, program } = newProject();
  program('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("pid", process.pid);');
  const one = run(root, demo);
  await expect.poll(one.output, { timeout: 10_000 }).toMatch(/pid \d+\n/);
  one.child.kill("SIGKILL");
  // "close" comes only when the program, too, has let go of the output.
  expect(await one.exit).toBe("SIGKILL");
});

test("an unknown command or process is a clear fault", async () => {
  const { root } = newProject();
  expect(await runToEnd(root, ["fly"])).toMatchObject({ code: 1, output: expect.stringContaining("Usage:") });
  for (const name of ["nothing", "../demo", ""]) {
    const { code, output } = await runToEnd(root, ["process", name]);
    expect(code).toBe(1);
    expect(output).toContain(`no process named "${name}"`);
  }
});

test("tests run without real keys and without anybody's settings", async () => {
  const { root } = newProject();
  mkdirSync(join(root, "node_modules/vitest"), { recursive: true });
  writeFileSync(join(root, "node_modules/.package-lock.json"), lockFile("1.0.0"));
  writeFileSync(
    join(root, "node_modules/vitest/vitest.mjs"),
    "console.log(JSON.stringify([process.argv.slice(2), process.env]));",
  );
  const given = {
    ANTHROPIC_API_KEY: "real",
    ANTHROPIC_BASE_URL: "x",
    REDIS_URL: "x",
    PORT: "1",
    NODE_ENV: "production",
    KEPT: "yes",
  };
  const { output } = await runToEnd(root, ["test", "apps/cli"], given);
  const [args, env] = JSON.parse(output) as [string[], NodeJS.ProcessEnv];
  expect(args).toEqual(["run", "apps/cli"]);
  expect(env.KEPT).toBe("yes");
  for (const name of Object.keys(given).filter((each) => each !== "KEPT")) expect(env[name]).toBeUndefined();
});

test("the project's own Node is used by an older one, and its absence is explained", async () => {
  const { root } = newProject();
  const ask = async () => {
    const module = JSON.stringify(join(root, "apps/cli/bootstrap/node-24.mjs"));
    const code = `const { findNode24, isAtLeast } = await import(${module});
      const old = { version: "20.20.2", path: "/usr/bin/node" };
      console.log(JSON.stringify([findNode24(${JSON.stringify(root)}, old), findNode24("/", { version: "24.12.0", path: "/new" }),
        isAtLeast("24.11.9", "24.12.0"), isAtLeast("26.0.0", "24.12.0")]));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    for await (const chunk of child.stdout) output += chunk;
    return JSON.parse(output) as [{ path?: string; fault?: string }, { path: string }, boolean, boolean];
  };
  const [missing, newer, ...compared] = await ask();
  expect(missing.fault).toContain("npm rebuild node --ignore-scripts=false");
  expect(newer).toEqual({ path: "/new" });
  expect(compared).toEqual([false, true]);
  mkdirSync(join(root, "node_modules/node/bin"), { recursive: true });
  writeFileSync(join(root, "node_modules/node/bin/node"), "", { mode: 0o755 });
  expect((await ask())[0]).toEqual({ path: join(root, "node_modules/node/bin/node") });
});
