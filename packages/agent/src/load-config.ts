// Reads the configuration module a process was given. What it throws names the file, because the reader of the
// message is somebody whose process did not start. `@pawl/agent` resolves to itself below: this file is inside it.

import { type ResolveHookSync, registerHooks } from "node:module";
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
  const hooks = registerHooks({ resolve: resolveHereAsWell });
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(file).href);
    return module;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} could not be loaded: ${reason}`, { cause });
  } finally {
    hooks.deregister();
  }
}

/** The module may lie anywhere: packages that it does not find from there (`@pawl/agent`, `zod`) it finds from here. */
const resolveHereAsWell: ResolveHookSync = (specifier, context, next) => {
  try {
    return next(specifier, context);
  } catch (error) {
    if (/^[./]|^[a-z]+:/.test(specifier)) throw error;
    try {
      return next(specifier, { ...context, parentURL: import.meta.url });
    } catch {
      throw error;
    }
  }
};
