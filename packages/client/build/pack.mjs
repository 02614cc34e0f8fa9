/**
 * What `npm pack` and `npm publish` do around the packing. Inside the repository the package is its source, which Node runs
 * as it is; under node_modules Node runs no TypeScript, so what is published is built, and its package.json says so. npm
 * reads that file from the disk, so it is another one for as long as the packing takes.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const here = path.dirname(import.meta.dirname);
const manifest = path.join(here, "package.json");
const kept = path.join(here, ".package.json.kept");
const license = path.join(here, "LICENSE");

if (process.argv[2] === "before") before();
else after();

function before() {
  // A packing that was broken off left its own behind.
  if (existsSync(kept)) renameSync(kept, manifest);
  rmSync(path.join(here, "dist"), { recursive: true, force: true });
  const typescript = path.dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const tsc = path.join(typescript, "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", path.join(here, "tsconfig.build.json")], { stdio: "inherit" });
  copyFileSync(path.join(here, "../../LICENSE"), license);
  copyFileSync(manifest, kept);
  const {
    scripts: _scripts,
    devDependencies: _forUs,
    ...published
  } = JSON.parse(readFileSync(manifest, "utf8"));
  published.exports = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };
  const next = `${manifest}.next`;
  writeFileSync(next, `${JSON.stringify(published, null, 2)}\n`);
  renameSync(next, manifest);
}

function after() {
  if (existsSync(kept)) renameSync(kept, manifest);
  rmSync(license, { force: true });
}
