/**
 * POST /v1/tasks through the real api process while a real worker performs what comes in: a steady stream of
 * requests, each timed from the moment it was due, so that a stall counts for all it held up. Beside it the same
 * stream against the least server there could be: parse the body, add a job, answer.
 */
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { startProcess } from "./load/process.ts";
import { startSimulator } from "./load/simulator.ts";
import { PROMPT, workload } from "./load/workload.ts";
import { percentile } from "./measure/statistics.ts";

/** A quarter of what two cores perform at most when the simulator has its share of them. */
const PER_SECOND = 50;
const WARM_UP_SECONDS = 3;
const SECONDS = 8;
const ROUNDS = 2;
const ADMIN_KEY = "pawl_admin_for_the_bench_only";
const root = join(import.meta.dirname, "..");

export const submitLatency: Benchmark = {
  name: "submit_latency",
  figures: ["submit_p99"],
  policies: ["everysec"],
  limitS: 90,
  run,
};

async function run({ redisUrl, dir, say }: Bench): Promise<Figure[]> {
  const simulator = await startSimulator(workload(6, 1024), { dir });
  const env = {
    REDIS_URL: redisUrl,
    PAWL_DATA_DIR: dir,
    PAWL_ADMIN_KEY: ADMIN_KEY,
    PAWL_CONFIG: join(import.meta.dirname, "load/bench.config.ts"),
  };
  const api = startProcess(join(root, "apps/api/src/main.ts"), { env: { ...env, PORT: "0" } });
  const worker = startProcess(join(root, "apps/worker/src/main.ts"), {
    env: { ...env, ANTHROPIC_API_KEY: "simulator", ANTHROPIC_BASE_URL: simulator.url },
  });
  const plain = startProcess(join(import.meta.dirname, "processes/plain-server.ts"), { args: [redisUrl] });
  const [listening, plainListening] = await Promise.all([
    api.logged("listening"),
    plain.logged("listening"),
    worker.logged("ready"),
  ]);
  const ports = { api: Number(listening.port), plain: Number(plainListening.port) };
  const [own, reference]: [number[], number[]] = [[], []];
  await stream(ports.api, WARM_UP_SECONDS, PER_SECOND);
  await stream(ports.plain, WARM_UP_SECONDS, PER_SECOND);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const [ours, theirs] = [
      await stream(ports.api, SECONDS, PER_SECOND),
      await stream(ports.plain, SECONDS, PER_SECOND),
    ];
    own.push(...ours);
    reference.push(...theirs);
    say(
      `round ${round}: p99 ours ${percentile(ours, 99).toFixed(1)} ms, plain ${percentile(theirs, 99).toFixed(1)} ms`,
    );
  }
  for (const child of [api, worker, plain, simulator.process]) child.kill("SIGKILL");
  const note =
    `node:http server that adds a BullMQ job; ${PER_SECOND} requests/s while a worker performs them; ` +
    `p50 ${percentile(own, 50).toFixed(1)} and ${percentile(reference, 50).toFixed(1)} ms; n = ${own.length} each`;
  const measured = { value: percentile(own, 99), unit: "ms", reference: percentile(reference, 99), note };
  return [figure({ name: "submit_p99", ...measured }, { atMost: 25 })];
}

/** Open loop: a request is sent when it is due, however many are still unanswered. */
async function stream(port: number, seconds: number, perSecond: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const startedAtMs = performance.now();
  const requests = Array.from({ length: seconds * perSecond }, async (_, i) => {
    const dueAtMs = startedAtMs + (i * 1000) / perSecond;
    await delay(Math.max(0, dueAtMs - performance.now()));
    await post(port, agent, `user-${i}`);
    return performance.now() - dueAtMs;
  });
  const latencies = await Promise.all(requests);
  agent.destroy();
  return latencies;
}

function post(port: number, agent: Agent, user: string): Promise<void> {
  const body = JSON.stringify({ input: PROMPT, user, feature: "bench" });
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
    const sent = request({ port, agent, headers, method: "POST", path: "/v1/tasks" }, (response) => {
      response.resume();
      response.once("end", () => {
        if (response.statusCode === 202) resolve();
        else reject(new Error(`POST /v1/tasks: ${response.statusCode}`));
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
