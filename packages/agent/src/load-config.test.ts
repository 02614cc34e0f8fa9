import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "./load-config.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pawl-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const defineConfigUrl = JSON.stringify(pathToFileURL(join(import.meta.dirname, "define-config.ts")).href);

function moduleWith(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, source);
  return path;
}

describe("loadConfig", () => {
  it.each(["good.mjs", "good.ts"])("loads %s", async (name) => {
    const source = `import { defineConfig } from ${defineConfigUrl};
      export default defineConfig({ agents: { mine: { system: "Hi.", model: "claude-haiku-4-5" } } });`;
    const config = await loadConfig(moduleWith(name, source));
    expect(Object.keys(config.agents)).toEqual(["default", "mine"]);
  });

  it("finds @pawl/agent and zod for a module that lies where neither is installed", async () => {
    const source = `import { defineConfig, defineTool } from "@pawl/agent";
      import { z } from "zod";
      const echo = defineTool({ name: "echo", description: "Echoes.", input: z.object({ text: z.string() }),
        effect: "read", run: ({ text }) => text });
      export default defineConfig({ agents: { mine: { system: "Hi.", model: "claude-haiku-4-5", tools: ["echo"] } },
        tools: [echo] });`;
    const loader = JSON.stringify(pathToFileURL(join(import.meta.dirname, "load-config.ts")).href);
    const path = JSON.stringify(moduleWith("elsewhere.ts", source));
    // In a process of its own: here the test runner resolves modules, and by other rules.
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "--eval",
      `const { loadConfig } = await import(${loader});
       console.log(JSON.stringify((await loadConfig(${path})).agents.mine.tools));`,
    ]);
    expect(JSON.parse(stdout)).toEqual(["echo"]);
  });

  it("does not make up a package that is nowhere", async () => {
    const path = moduleWith("nowhere.mjs", 'import "no-such-package-at-all";');
    await expect(loadConfig(path)).rejects.toThrow("no-such-package-at-all");
  });

  it.each([
    [
      "has a plain object as its default export",
      "plain.mjs",
      "export default { agents: {} };",
      "defineConfig",
    ],
    ["has no default export", "none.mjs", "export const agents = {};", "defineConfig"],
    ["throws", "throws.mjs", "throw new Error('no such secret');", "no such secret"],
    ["is no module", "broken.mjs", "export default {", "could not be loaded"],
    ["is of another kind", "config.json", "{}", ".ts or .mjs"],
    [
      "has faults",
      "faults.mjs",
      `import { defineConfig } from ${defineConfigUrl}; export default defineConfig({ agents: { "A b": {} } });`,
      "agents.A b.system",
    ],
  ])("names the file when it %s", async (_what, name, source, message) => {
    const path = moduleWith(name, source);
    const failure = await loadConfig(path).catch(String);
    expect(failure).toContain(path);
    expect(failure).toContain(message);
  });

  it("names the file when there is none", async () => {
    const path = join(folder, "missing.ts");
    await expect(loadConfig(path)).rejects.toThrow(path);
  });
});
