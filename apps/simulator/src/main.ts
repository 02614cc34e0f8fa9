// The simulator as a process: environment in, one JSON line `listening` out once it accepts requests, gone within a
// second of SIGTERM or SIGINT.

import { readFile } from "node:fs/promises";
import { scenarioProblem } from "./control.ts";
import { readEnvironment } from "./environment.ts";
import { parseJson } from "./json.ts";
import { Scenario } from "./scenario.ts";
import { startSimulator } from "./simulator.ts";

const read = readEnvironment(process.env);
const faults = "faults" in read ? [...read.faults] : [];
const scenarioPath = "faults" in read ? read.scenarioPath : read.environment.scenarioPath;
const scenario = scenarioPath === undefined ? undefined : await readScenario(scenarioPath, faults);

if (faults.length > 0 || "faults" in read) fail("invalid environment", { faults });
else {
  const { host, port, logDetail, billing } = read.environment;
  const simulator = await startSimulator({
    host,
    port,
    scenario: { ...scenario, ...(billing === undefined ? {} : { billing: { mode: billing } }) },
    log: (level, message, fields) => {
      if (logDetail >= (level === "debug" ? 2 : 1)) say(level, message, fields);
    },
  }).catch((error: unknown) => fail("cannot listen", { host, port, error: String(error) }));

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void simulator.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  say("info", "listening", { port: simulator.port, url: simulator.url });
}

async function readScenario(path: string, problems: string[]): Promise<Scenario | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  const parsed = Scenario.safeParse(text === undefined ? undefined : parseJson(text));
  if (parsed.success) return parsed.data;
  const problem = text === undefined ? "cannot be read" : `is no scenario:\n${scenarioProblem(parsed.error)}`;
  problems.push(`SIMULATOR_SCENARIO ${path} ${problem}`);
  return undefined;
}

function say(level: string, message: string, fields: Record<string, unknown>): void {
  const line = { level, message, time: new Date().toISOString(), process: "simulator", ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function fail(message: string, fields: Record<string, unknown>): never {
  const line = { level: "error", message, time: new Date().toISOString(), process: "simulator", ...fields };
  process.stderr.write(`${JSON.stringify(line)}\n`);
  process.exit(1);
}
