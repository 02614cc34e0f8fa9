/** The examples in the client's docstrings and in docs/client.md run as they are written, against the real system. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { ADMIN_KEY, startSystem, WEBHOOK_SECRET } from "../support/processes.ts";

const root = join(import.meta.dirname, "../..");
const system = await startSystem({ workers: 1 });

type Example = { where: string; code: string };

async function examples(): Promise<Example[]> {
  const sources = join(root, "packages/client/src");
  const names = (await readdir(sources)).filter((name) => name.endsWith(".ts") && !name.includes(".test."));
  const texts = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(sources, name), "utf8");
      const comments = [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment);
      return { name, text: comments.map((comment) => comment.replace(/^\s*\* ?/gm, "")).join("\n") };
    }),
  );
  const documents = ["docs/client.md", "packages/client/README.md"];
  for (const name of documents) texts.push({ name, text: await readFile(join(root, name), "utf8") });
  return texts.flatMap(({ name, text }) =>
    [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""], n) => ({
      where: `${name} ${n + 1}`,
      code,
    })),
  );
}

const found = await examples();
const project = await mkdtemp(join(tmpdir(), "pawl-examples-"));
afterAll(() => rm(project, { recursive: true, force: true }));
await mkdir(join(project, "node_modules/@pawl"), { recursive: true });
// A link: Node sees the source where it really is, and runs it.
await symlink(join(root, "packages/client"), join(project, "node_modules/@pawl/client"));
await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));

it.each(found)("$where", async ({ where, code }) => {
  const file = join(project, `${where.replace(/\W+/g, "-")}.ts`);
  await writeFile(file, code);
  const { stderr } = await promisify(execFile)(process.execPath, [file], {
    cwd: project,
    timeout: 60_000,
    env: {
      PATH: process.env.PATH ?? "",
      PAWL: system.url,
      PAWL_KEY: ADMIN_KEY,
      PAWL_WEBHOOK_SECRET: WEBHOOK_SECRET,
    },
  });
  expect(stderr).toBe("");
});

it("are there", () => {
  expect(found.length).toBeGreaterThanOrEqual(8);
});
