/** The client as its users get it: packed, installed in an empty project, run by Node, type-checked, and in a browser's bundle. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_KEY, ownApi, work } from "../../apps/api/src/own-api.fixture.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

const api = await ownApi();
const project = await mkdtemp(join(tmpdir(), "pawl-client-"));
afterAll(() => rm(project, { recursive: true, force: true }));

async function npm(args: string[], cwd: string): Promise<string> {
  const { stdout } = await run("npm", args, {
    cwd,
    env: { ...process.env, npm_config_update_notifier: "false" },
  });
  return stdout;
}

// A copy: other tests read the package while this one packs it.
const client = join(project, "repository/packages/client");
await cp(join(root, "packages/client"), client, { recursive: true });
await cp(join(root, "LICENSE"), join(project, "repository/LICENSE"));
await symlink(join(root, "node_modules"), join(project, "repository/node_modules"));
const manifestBefore = await readFile(join(client, "package.json"), "utf8");
const [packed] = JSON.parse(await npm(["pack", "--json", "--pack-destination", project], client));
await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
await npm(["install", "--offline", "--no-audit", "--no-fund", join(project, packed.filename)], project);

const SCRIPT = `
import { createPawl, PawlError } from "@pawl/client";

const pawl = createPawl({ baseUrl: process.env.PAWL, apiKey: process.env.PAWL_KEY });
const { id } = await pawl.submit({ input: "x", user: "packed" });
const types = [];
for await (const event of pawl.stream(id)) types.push(event.type);
const refused = await pawl.cancel(id).catch((error) => error);
console.log(JSON.stringify({ types, status: (await pawl.get(id)).status, isOurs: refused instanceof PawlError, code: refused.code }));
`;

/** Performs the one task of a user, once it is there. */
async function performTaskOf(user: string): Promise<void> {
  const listed = async () => (await api.call(`/v1/tasks?user=${user}`)).body.data;
  await expect.poll(listed, { timeout: 20_000 }).toHaveLength(1);
  const [{ id }] = await listed();
  await (await work(api.store, "default", id)).complete();
}

describe("the packed client", () => {
  it("has no dependencies, no source and no way around its entry, and leaves the repository as it was", async () => {
    const installed = JSON.parse(
      await readFile(join(project, "node_modules/@pawl/client/package.json"), "utf8"),
    );
    expect(installed.dependencies).toBeUndefined();
    expect(installed.scripts).toBeUndefined();
    expect(installed.devDependencies).toBeUndefined();
    expect(installed.exports).toEqual({ ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } });
    const files: string[] = packed.files.map(({ path }: { path: string }) => path);
    expect(files.filter((path) => !/^dist\/[\w-]+\.(js|d\.ts)$/.test(path)).sort()).toEqual([
      "LICENSE",
      "README.md",
      "package.json",
    ]);
    expect(packed.unpackedSize).toBeLessThan(100_000);
    expect(await readFile(join(client, "package.json"), "utf8")).toBe(manifestBefore);
  });

  it("runs where Node runs no TypeScript", async () => {
    await writeFile(join(project, "script.mjs"), SCRIPT);
    const running = run(process.execPath, ["--no-experimental-strip-types", "script.mjs"], {
      cwd: project,
      env: { PATH: process.env.PATH ?? "", PAWL: api.url, PAWL_KEY: ADMIN_KEY },
    });
    await performTaskOf("packed");
    const said = JSON.parse((await running).stdout);
    expect(said).toMatchObject({ status: "completed", isOurs: true, code: "conflict" });
    expect(said.types.at(-1)).toBe("task.completed");
  });

  it("has types that a strict project can check against, down to its declarations", async () => {
    await writeFile(
      join(project, "typed.ts"),
      `import { createPawl, type Task } from "@pawl/client";
const pawl = createPawl({ baseUrl: "http://x" });
export const status: Task["status"] = (await pawl.get("task")).status;
export const usd: number = (await pawl.run({ input: "x" })).cost.usd;
// @ts-expect-error: no such member
await pawl.submit({ inputs: "x" });
`,
    );
    const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
    const options = [
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "false",
      "--target",
      "es2022",
      "--module",
      "nodenext",
    ];
    const lib = ["--lib", "es2023,dom,dom.iterable,dom.asynciterable", "--types", ""];
    await run(process.execPath, [tsc, ...options, ...lib, "typed.ts"], { cwd: project });
  });

  it("runs in a browser's bundle, with what a browser has and nothing else", async () => {
    await writeFile(
      join(project, "page.js"),
      `import { createPawl } from "@pawl/client";
globalThis.result = (async () => {
  const pawl = createPawl({ baseUrl: PAWL, apiKey: PAWL_KEY });
  const task = await pawl.run({ input: "x", user: "browser" });
  return task.status;
})();`,
    );
    const bundle = await rolldown({ input: join(project, "page.js"), cwd: project, platform: "browser" });
    const { output } = await bundle.generate({ format: "iife", minify: true });
    await bundle.close();
    const [{ code }] = output;
    expect(code).not.toMatch(/\bnode:|\bprocess\b|\bBuffer\b|\brequire\b/);
    expect(code.length).toBeLessThan(20_000);
    const window: Record<string, unknown> = { PAWL: api.url, PAWL_KEY: ADMIN_KEY };
    const ofBrowsers = [
      "fetch",
      "URLSearchParams",
      "AbortController",
      "AbortSignal",
      "TextDecoder",
      "TextEncoder",
    ];
    for (const name of [
      ...ofBrowsers,
      "ReadableStream",
      "Headers",
      "crypto",
      "setTimeout",
      "clearTimeout",
      "atob",
    ])
      window[name] = Reflect.get(globalThis, name);
    runInContext(code, createContext(window));
    await performTaskOf("browser");
    expect(await window.result).toBe("completed");
  });
});
