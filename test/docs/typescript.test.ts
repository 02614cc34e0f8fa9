/** Every TypeScript block of the documentation is a whole module: it passes the type checker, and a configuration loads. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { blocks, pages, root } from "../support/documents.ts";

// Inside the clone, so that the packages are found; out of sight of everything else.
mkdirSync(join(root, ".pawl"), { recursive: true });
const folder = mkdtempSync(join(root, ".pawl/docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modules = pages().flatMap((page) =>
  blocks(page, "ts").map((code, n) => {
    const file = join(folder, `${page.replace(/\W+/g, "-")}-${n + 1}.ts`);
    writeFileSync(file, code);
    return { where: `${page}, block ${n + 1}`, file, code };
  }),
);

it("passes the type checker", async () => {
  expect(modules.length).toBeGreaterThan(10);
  const tsconfig = join(folder, "tsconfig.json");
  const files = modules.map(({ file }) => file);
  writeFileSync(tsconfig, JSON.stringify({ extends: join(root, "tsconfig.json"), files, include: [] }));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", tsconfig], { cwd: root }).catch((error) => error);
  expect(stdout).toBe("");
});

const configurations = modules.filter(({ code }) => code.includes("export default defineConfig"));
it.each(configurations)("loads: $where", async ({ file }) => {
  const loaded: unknown = await import(file);
  expect(loaded).toMatchObject({ default: { agents: expect.anything() } });
});
