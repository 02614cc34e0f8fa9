/** The documentation as its readers get it: pages, and the blocks in them that a test runs or checks. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export const root = join(import.meta.dirname, "../..");

/** Every page for people, from the root. */
export function pages(): string[] {
  const inDocs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  return [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "packages/client/README.md",
    ...inDocs
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => `docs/${name}`),
  ];
}

export function readPage(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The fenced blocks of a language, in order. */
export function blocks(page: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm");
  return [...readPage(page).matchAll(fence)].map(([, code = ""]) => code);
}

/** The block behind `<!-- run: name -->` or `<!-- file: name -->`. */
export function markedBlock(page: string, mark: "run" | "file", name: string): string {
  const fence = new RegExp(
    `<!-- ${mark}: ${name.replaceAll(".", "\\.")} -->\n\`\`\`\\w+\n([\\s\\S]*?)\`\`\``,
  );
  const found = fence.exec(readPage(page))?.[1];
  if (found === undefined) throw new Error(`${page} has no block "${name}"`);
  return found;
}

/** Names of a page's marked commands, in order. */
export function commandNames(page: string): string[] {
  return [...readPage(page).matchAll(/^<!-- run: ([\w-]+) -->$/gm)].map(([, name = ""]) => name);
}

export type Printed = { out: string; code: number | null };

/** Runs a page's marked command in a shell, as a reader would. */
export async function runCommand(page: string, name: string, env: Record<string, string>): Promise<Printed> {
  const shell = spawn("bash", ["-euc", markedBlock(page, "run", name)], {
    cwd: root,
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  const [out, , code] = await Promise.all([
    text(shell.stdout),
    text(shell.stderr),
    new Promise<number | null>((resolve) => shell.once("close", resolve)),
  ]);
  return { out, code };
}
