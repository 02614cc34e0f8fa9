// Reads the configuration module a process was given. What it throws names the file, because the reader of the
// message is somebody whose process did not start.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isPawlConfig, type PawlConfig } from "./define-config.ts";

/** `path`: a `.ts` or `.mjs` module, absolute or from the working directory, whose default export is a defineConfig(…). */
export async function loadConfig(path: string): Promise<PawlConfig> {
  const file = resolve(path);
  if (!/\.(?:ts|mts|mjs|js)$/.test(file))
    throw new Error(`${file}: the configuration must be a .ts or .mjs module`);
  const module = await importModule(file);
  if (!isPawlConfig(module.default)) {
    throw new Error(`${file}: its default export must be defineConfig({ … }) from @pawl/agent`);
  }
  return module.default;
}

async function importModule(file: string): Promise<{ readonly default?: unknown }> {
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(file).href);
    return module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} could not be loaded: ${reason}`, { cause });
  }
}
