/** Which room may import which: design as a test. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** What each room may import of ours; apps may import packages, and nobody imports an app. */
const allowed: Record<string, readonly string[]> = {
  "packages/protocol": [],
  "packages/store": ["@pawl/protocol"],
  "packages/agent": ["@pawl/protocol"],
  "packages/guardrails": ["@pawl/protocol"],
  "packages/client": ["@pawl/protocol"],
  "packages/service": [],
  "packages/local-redis": [],
  "apps/console": ["@pawl/protocol"],
};
/** Libraries that belong to one room alone. */
const fenced: Record<string, readonly string[]> = {
  bullmq: ["packages/store"],
  ioredis: ["packages/store"],
  "@anthropic-ai/sdk": ["packages/agent"],
  express: ["apps/api"],
  winston: ["packages/service"],
  react: ["apps/console"],
};
/** The journal's words are read in a browser, too. */
const onlyZod = ["packages/protocol"];

const rooms = ["apps", "packages"].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
);

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("node_modules") && !/\.(test|fixture)\.ts$/.test(file));
}

function importsOf(file: string): string[] {
  // Without comments: an example in one imports what its reader would.
  const text = readFileSync(file, "utf8").replace(/^\s*(?:\/\*\*|\*).*$/gm, "");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].flatMap(([, name]) => name ?? []);
}

function faultsOf(room: string, file: string): string[] {
  const name = relative(root, file);
  return importsOf(file).flatMap((imported) => {
    const ours = /^@pawl\/[a-z-]+/.exec(imported)?.[0];
    const library = /^(@[^/]+\/[^/]+|[^./][^/]*)/.exec(imported)?.[0] ?? "";
    const faults: string[] = [];
    const mayImport = allowed[room];
    if (ours !== undefined && mayImport !== undefined && !mayImport.includes(ours))
      faults.push(`${name} imports ${ours}`);
    if (ours !== undefined && rooms.includes(`apps/${ours.slice("@pawl/".length)}`))
      faults.push(`${name} imports an app`);
    if (fenced[library] !== undefined && !fenced[library].includes(room))
      faults.push(`${name} imports ${library}`);
    if (onlyZod.includes(room) && !imported.startsWith("./") && imported !== "zod")
      faults.push(`${name} imports ${imported}`);
    if (imported.startsWith("..") && !join(file, "..", imported).startsWith(join(root, room)))
      faults.push(`${name} reaches out of its room to ${imported}`);
    return faults;
  });
}

it("every import follows the arrows", () => {
  const faults = rooms.flatMap((room) => sources(join(root, room)).flatMap((file) => faultsOf(room, file)));
  expect(faults).toEqual([]);
});

it("what is published of the client imports nothing at all", () => {
  const imported = sources(join(root, "packages/client/src")).flatMap(importsOf);
  expect(imported.filter((name) => !name.startsWith("./"))).toEqual([]);
});

it("sees an import that goes against them", () => {
  const file = join(import.meta.dirname, "support/store.ts");
  expect(faultsOf("packages/protocol", file).length).toBeGreaterThan(0);
});
