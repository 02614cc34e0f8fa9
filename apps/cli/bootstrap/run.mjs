/**
 * What every npm script of the root runs: `node apps/cli/bootstrap/run.mjs <start|dev|test|process NAME|run FILE> [args…]`.
 * It turns a fresh clone on a machine with any Node ≥ 20 into a running one: installs what is missing, finds
 * the Node 24 that runs our TypeScript as it is, builds the console where it is not, and hands over. Plain JavaScript and Node built-ins only,
 * because it runs before anything is installed. When nothing is missing it costs well under 150 ms.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureConsole } from "./build-console.mjs";
import { handOver } from "./hand-over.mjs";
import { ensureInstalled } from "./install.mjs";
import { findNode24, isAtLeast } from "./node-24.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const usage = "Usage: node apps/cli/bootstrap/run.mjs <start|dev|test|process NAME|run FILE> [args…]";

/** A fault that the user can mend: its message is all that is shown. */
const stop = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const [mode, ...args] = process.argv.slice(2);
if (!isAtLeast(process.versions.node, "20.0.0")) {
  stop(`Pawl needs Node 20 or newer to set itself up; this is ${process.version}. See https://nodejs.org/`);
}
const plan = planFor(mode, args);
if ("fault" in plan) stop(plan.fault);

const dataDir = path.resolve(root, process.env.PAWL_DATA_DIR || ".pawl");
const say = (line) => process.stderr.write(`pawl: ${line}\n`);
const installed = await ensureInstalled({
  root,
  dataDir,
  say,
  env: process.env,
  isProcess: mode === "process",
});
if ("fault" in installed) stop(installed.fault);
const node = findNode24(root);
if ("fault" in node) stop(node.fault);

if (plan.needsConsole) {
  const built = await ensureConsole({ root, dataDir, nodePath: node.path, say });
  if ("fault" in built) stop(built.fault);
}

const guard = path.join(path.dirname(fileURLToPath(import.meta.url)), "guard.mjs");
handOver({
  command: node.path,
  args: [
    "--disable-warning=ExperimentalWarning",
    // `up` sees the loss of its parent itself and ends in good order; a lone process dies with its parent.
    ...(mode === "process" || mode === "run" ? ["--import", guard] : []),
    ...plan.args,
  ],
  cwd: root,
  env: environmentFor(mode, node.path),
  ownSession: mode !== "test",
});

/** The program that a command line stands for, or what is wrong with it. */
function planFor(mode, args) {
  const up = path.join(root, "apps/cli/src/up.ts");
  switch (mode) {
    case "start":
      return { args: [up, ...args], needsConsole: true };
    case "dev":
      return { args: [up, "--watch", ...args], needsConsole: true };
    case "test": {
      if (args.length > 0)
        return { args: [path.join(root, "node_modules/vitest/vitest.mjs"), "run", ...args] };
      const tasks = ["//#typecheck", "//#lint", "//#unit"];
      const turbo = path.join(root, "node_modules/turbo/bin/turbo");
      return { args: [turbo, "run", ...tasks, "--continue", "--env-mode=loose"], needsConsole: true };
    }
    case "process": {
      const [name = "", ...rest] = args;
      const main = path.join(root, "apps", name, "src/main.ts");
      if (!/^[a-z][a-z-]*$/.test(name) || !existsSync(main)) {
        return {
          fault: `There is no process named "${name}": apps/${name || "NAME"}/src/main.ts does not exist.\n${usage}`,
        };
      }
      return { args: [main, ...rest], needsConsole: name === "api" };
    }
    case "run": {
      const [name = "", ...rest] = args;
      const file = path.resolve(root, name);
      if (!file.endsWith(".ts") || !existsSync(file)) {
        return {
          fault: `There is no program ${name || "FILE"}: name a TypeScript file of this project.\n${usage}`,
        };
      }
      return { args: [file, ...rest] };
    }
    default:
      return { fault: usage };
  }
}

function environmentFor(mode, nodePath) {
  // Children that call `node` (turbo's tasks do) find the right one.
  const PATH = [path.dirname(nodePath), path.join(root, "node_modules/.bin"), process.env.PATH].join(
    path.delimiter,
  );
  const env = { ...process.env, PATH, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  if (mode !== "test") {
    // Stripping types costs most of a start; the cache makes the second one several times faster.
    env.NODE_COMPILE_CACHE ??= path.join(dataDir, "compile-cache");
    return env;
  }
  // Tests bring their own settings: a real key must cost nothing, a real Redis must not be written to.
  const ours =
    /^(ANTHROPIC_|PAWL_|OTEL_|WORKER_)|^(REDIS_URL|HOST|PORT|NODE_ENV|LOG_LEVEL|LOCK_DURATION_MS|STALLED_INTERVAL_MS|SHUTDOWN_GRACE_MS)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}
