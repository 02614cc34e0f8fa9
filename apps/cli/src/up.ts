/**
 * `npm start`: everything a local Pawl consists of, in order and in one terminal.
 * Redis, secrets, the simulator where no model is given, the api and a worker; then one sample task; then it
 * serves until Ctrl-C. Promises: it ends everything it started, in the order that loses nothing, within
 * seconds; if it is killed, what it started ends by itself; a second `npm start` beside it touches nothing,
 * says where the first one is, and exits 0.
 */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { createPawl } from "@pawl/client";
import { tryFileLock } from "@pawl/local-redis";
import { type Colour, openOutput } from "./terminal/output.ts";
import { type ChildOptions, startChild } from "./up/child.ts";
import { isPortFree } from "./up/choose-port.ts";
import { consoleLink } from "./up/console-link.ts";
import { describeModel, describeRunning, describeServing } from "./up/describe-up.ts";
import { endOnSignals } from "./up/end-signals.ts";
import { followStatus, statusLines } from "./up/follow-status.ts";
import { keepRedis } from "./up/keep-redis.ts";
import { keepSecrets } from "./up/local-secrets.ts";
import { orAbort } from "./up/or-abort.ts";
import { quietRepeats } from "./up/quiet-repeats.ts";
import { chooseSample, PLAIN_SAMPLE, runSampleTask } from "./up/sample-task.ts";
import { openScreen } from "./up/screen.ts";
import { readSettings, type UpSettings } from "./up/settings.ts";
import { type Supervised, supervise } from "./up/supervise.ts";
import { watchSource } from "./up/watch-source.ts";

export type UpOptions = {
  root: string;
  env: NodeJS.ProcessEnv;
  /** Restart the processes when their source changes. */
  watch: boolean;
  say: (line: string) => void;
  /** Where how things stand is redrawn in place; absent: nobody looks on. */
  show?: (lines: readonly string[]) => void;
  paint?: (colour: Colour, text: string) => string;
  /** Aborted to end it in good order. */
  signal: AbortSignal;
  /** Entries of the processes; by default those of this repository. */
  programs?: { api: string; worker: string; simulator: string };
};

const DEFAULT_PORT = 3000;
const READY_TIMEOUT_MS = 60_000;
/** A worker hands its task back within 4 s; what has not ended after this is killed. */
const STOP_GRACE_MS = 8_000;

/** Resolves with the exit code once all is over. */
export async function up(options: UpOptions): Promise<number> {
  const { say } = options;
  const settings = readSettings(options.env, options.root);
  if ("faults" in settings) {
    say(["The environment is not usable:", ...settings.faults.map((fault) => `  ${fault}`)].join("\n"));
    return 1;
  }
  mkdirSync(settings.dataDir, { recursive: true });
  const attempt = tryFileLock(join(settings.dataDir, "up.lock"));
  if (!("lock" in attempt)) {
    say(await describeRunning(attempt.holder));
    return 0;
  }
  const ends: (() => Promise<void>)[] = [];
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  try {
    return await serve({ ...options, signal, settings, ends, announce: attempt.lock.setNote });
  } catch (error) {
    if (options.signal.aborted) return 0;
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    options.show?.([]);
    say("Stopping…");
    over.abort(); // from here on an end is not an accident to be repaired
    for (const end of ends.reverse()) await end();
    attempt.lock.release();
    say("Stopped.");
  }
}

type Run = UpOptions & {
  settings: UpSettings;
  ends: (() => Promise<void>)[];
  announce: (url: string) => void;
};

/** Starts everything and serves; ends only by a fault or by the abort of its signal. */
async function serve(run: Run): Promise<never> {
  const { say, settings, signal, ends } = run;
  const graceMs = Math.max(STOP_GRACE_MS, (settings.SHUTDOWN_GRACE_MS ?? 0) + 2_000);
  const programs = run.programs ?? {
    api: join(run.root, "apps/api/src/main.ts"),
    worker: join(run.root, "apps/worker/src/main.ts"),
    simulator: join(run.root, "apps/simulator/src/main.ts"),
  };
  const children: Supervised[] = [];
  // Who develops wants every line of the log, as often as it comes.
  const sayLog = run.watch ? say : quietRepeats(say, () => performance.now());
  const secrets = keepSecrets(settings.dataDir, settings);
  const redis = await keepRedis(run, () => Promise.all(children.map((child) => child.restart(graceMs))));
  const shared = () => ({
    ...run.env,
    ...secrets,
    REDIS_URL: redis.url(),
    HOST: settings.HOST,
    PAWL_DATA_DIR: settings.dataDir,
  });
  const launch = (
    name: keyof typeof programs,
    readyMessage: ChildOptions["readyMessage"],
    env: () => NodeJS.ProcessEnv,
  ) => {
    const logPath = join(settings.dataDir, `logs/${name}.log`);
    const entry = programs[name];
    const shows = run.watch ? "all" : "trouble";
    const start = () =>
      startChild({ name, entry, env: env(), cwd: run.root, readyMessage, logPath, shows, say: sayLog });
    return supervise(name, start, say);
  };

  let model = {
    ANTHROPIC_API_KEY: settings.ANTHROPIC_API_KEY,
    ANTHROPIC_BASE_URL: settings.ANTHROPIC_BASE_URL,
  };
  let simulator: Supervised | undefined;
  if (!model.ANTHROPIC_API_KEY && !model.ANTHROPIC_BASE_URL) {
    let simulatorPort = 0;
    const own = launch("simulator", "listening", () => ({
      ...run.env,
      HOST: "127.0.0.1",
      PORT: String(simulatorPort),
    }));
    simulator = own;
    ends.push(() => own.stop(graceMs));
    simulatorPort = portOf("simulator", await orAbort(own.ready, signal));
    model = { ANTHROPIC_API_KEY: "simulator", ANTHROPIC_BASE_URL: `http://127.0.0.1:${simulatorPort}` };
  }
  say(describeModel(settings));

  let port = await choosePort(settings, say);
  const api = launch("api", "listening", () => ({ ...shared(), PORT: String(port) }));
  const worker = launch("worker", "ready", () => ({ ...shared(), ...model, PORT: undefined }));
  children.push(api, worker);
  // Together: the worker hands its task back while the api lets go of its followers.
  ends.push(async () => void (await Promise.all(children.map((child) => child.stop(graceMs)))));
  port = portOf("api", await orAbort(api.ready, signal));
  await orAbort(worker.ready, signal);
  const url = `http://${reachableHost(settings.HOST)}:${port}`;
  await waitUntilReady(`${url}/readyz`, signal);
  run.announce(url);

  if (run.watch) {
    const endWatch = watchSource(run.root, (paths) => {
      say(`changed: ${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ", …" : ""}; restarting`);
      if (paths.every((path) => path.startsWith("apps/console")))
        return void rebuildConsole(run, api, graceMs);
      const isSimulators = paths.some((path) => path.startsWith("apps/simulator"));
      for (const child of [...children, ...(isSimulators && simulator ? [simulator] : [])])
        void child.restart(graceMs);
    });
    ends.push(async () => endWatch());
  }
  const pawl = createPawl({ baseUrl: url, apiKey: secrets.PAWL_ADMIN_KEY });
  let sample = PLAIN_SAMPLE;
  try {
    sample = await chooseSample(pawl, signal);
    await runSampleTask({ pawl, asked: sample.first, say, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    say(`The sample task could not be followed: ${error instanceof Error ? error.message : error}`);
  }
  const consoleUrl = await consoleLink({ apiUrl: url, key: secrets.PAWL_ADMIN_KEY, signal });
  say(describeServing({ url, consoleUrl, settings, secrets, next: sample.next }));
  const { show, paint } = run;
  if (show !== undefined) {
    const status = { apiUrl: url, key: secrets.PAWL_ADMIN_KEY, signal };
    void followStatus({ ...status, show: (standing) => show(statusLines(standing, paint)) });
  }
  return orAbort(new Promise<never>(() => undefined), signal);
}

/** Builds the console anew, and has the api read it; where it cannot be built, the old one stays. */
async function rebuildConsole(run: Run, api: Supervised, graceMs: number): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [join(run.root, "apps/cli/bootstrap/build-console.mjs")]);
    await api.restart(graceMs);
  } catch (error) {
    run.say(error instanceof Error ? error.message : String(error));
  }
}

async function choosePort(settings: UpSettings, say: (line: string) => void): Promise<number> {
  if (settings.PORT !== undefined) return settings.PORT;
  if (await isPortFree(DEFAULT_PORT, settings.HOST)) return DEFAULT_PORT;
  say(`Port ${DEFAULT_PORT} is taken: using a free one (set PORT to choose).`);
  return 0;
}

async function waitUntilReady(url: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    }).catch(String);
    if (typeof response !== "string" && response.ok) return;
    signal.throwIfAborted();
    if (performance.now() > deadlineMs) {
      const last =
        typeof response === "string" ? response : `HTTP ${response.status} ${await response.text()}`;
      throw new Error(`The api did not become ready within ${READY_TIMEOUT_MS / 1000} s: ${last}`);
    }
    await delay(100, undefined, { signal });
  }
}

function portOf(name: string, ready: { port: number | undefined }): number {
  if (ready.port === undefined) throw new Error(`The ${name} listens but did not name its port.`);
  return ready.port;
}

function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

if (import.meta.main) {
  const out = openOutput({ stdout: process.stdout, stderr: process.stderr, env: process.env });
  const screen = openScreen(out);
  const code = await up({
    root: resolve(import.meta.dirname, "../../.."),
    env: process.env,
    watch: process.argv.includes("--watch"),
    ...screen,
    signal: endOnSignals(),
  });
  screen.close();
  process.exit(code);
}
