/**
 * What a task of fifty turns costs, fifty calls with 2 KB results in it: ours on the shipped path, through the real SDK
 * against the simulator; beside it the same conversation in a plain loop that sets no cache breakpoints. Both are
 * priced from the usage that the simulator reports, by the same price file.
 */
import Anthropic from "@anthropic-ai/sdk";
import { costNanoUsd, type PawlConfig, priceOf } from "@pawl/agent";
import { NANO_PER_USD, type TokenUsage } from "@pawl/protocol";
import { readJournal } from "@pawl/store";
import { type Bench, type Benchmark, type Figure, figure } from "./benchmark.ts";
import { openOurTasks, TENANT } from "./load/our-tasks.ts";
import { startOurWorker } from "./load/our-worker.ts";
import { modelAt, startSimulator } from "./load/simulator.ts";
import { MODEL, orderRows, PROMPT, type Workload, workload } from "./load/workload.ts";
import { median, spread } from "./measure/statistics.ts";
import { until } from "./measure/until.ts";

const TURNS = 50;
const RESULT_BYTES = 2048;

export const dollarsPer50Turns: Benchmark = {
  name: "dollars_per_50_turns",
  figures: ["dollars_per_50_turns"],
  policies: ["everysec"],
  limitS: 60,
  run,
};

type Spent = { usd: number; calls: number; inputTokens: number; readTokens: number };

async function run({ redisUrl, dir }: Bench): Promise<Figure[]> {
  const base = workload(2 * TURNS, RESULT_BYTES);
  const task: Workload = { ...base, config: withRoom(base.config) };
  const simulator = await startSimulator(task, { dir });
  const tightness = await ourTask(redisUrl, task, simulator.url);
  const ours = await spent(simulator.url, 0);
  await plainLoop(task, simulator.url);
  const plain = await spent(simulator.url, ours.calls);
  simulator.process.kill("SIGTERM");
  for (const { calls } of [ours, plain])
    if (calls !== TURNS) throw new Error(`the simulator was asked ${calls} times, not ${TURNS}`);
  const read = Math.round((100 * ours.readTokens) / ours.inputTokens);
  const note =
    `the same turns in a plain loop without cache breakpoints; ${MODEL}, ${ours.inputTokens} tokens of input in all, ` +
    `${read} % of ours read from the cache; nothing was cleared or summed up: it is far from the context window; ` +
    `held for ${median(tightness).toFixed(2)} times the input that was billed (${spread(tightness, 2)})`;
  const measured = { name: "dollars_per_50_turns", value: ours.usd, unit: "USD", reference: plain.usd, note };
  return [figure(measured, { ratioAtMost: 0.25 })];
}

/** Limits that such a task does not reach. */
function withRoom(config: PawlConfig): PawlConfig {
  const limits = { max_cost_nano_usd: 100 * NANO_PER_USD, max_tokens: 10_000_000, max_turns: 2 * TURNS };
  return { ...config, taskLimits: { ...config.taskLimits, ...limits } };
}

/** Returns how much more input each call was held for than it was billed. */
async function ourTask(redisUrl: string, task: Workload, url: string): Promise<number[]> {
  const worker = await startOurWorker({ redisUrl, config: task.config, model: modelAt(url), concurrency: 1 });
  const ours = await openOurTasks(redisUrl, task);
  const id = await ours.submit();
  await until("the task's end", async () => (await ours.completed()) === 1, { withinMs: 30_000 });
  const journal = await readJournal(ours.store, TENANT, id);
  await Promise.all([worker.close(), ours.close()]);
  const bounds = new Map(
    journal.flatMap(({ type, data }) =>
      type === "model.requested" ? [[data.call, data.input_tokens_bound]] : [],
    ),
  );
  return journal.flatMap(({ type, data }) =>
    type === "model.responded" ? [(bounds.get(data.call) ?? 0) / inputOf(data.usage)] : [],
  );
}

function inputOf({ input_tokens, cache_read_tokens, cache_write_tokens }: TokenUsage): number {
  return input_tokens + cache_read_tokens + cache_write_tokens;
}

/** The loop that everybody writes first. */
async function plainLoop({ config }: Workload, baseURL: string): Promise<void> {
  const client = new Anthropic({ apiKey: "simulator", baseURL, maxRetries: 0 });
  const agent = config.agents.default;
  const tools = config.tools.map(({ name, description }) => ({
    name,
    description,
    input_schema: { type: "object" as const, properties: { page: { type: "integer" } }, required: ["page"] },
  }));
  const messages: Anthropic.MessageParam[] = [{ role: "user", content: PROMPT }];
  for (let page = 1; ; ) {
    const body = { model: MODEL, max_tokens: 4096, system: agent?.system ?? "", tools, messages };
    const reply = await client.messages.stream(body).finalMessage();
    const calls = reply.content.filter((block) => block.type === "tool_use");
    if (calls.length === 0) return;
    const results = calls.map(({ id }) => ({
      type: "tool_result" as const,
      tool_use_id: id,
      content: orderRows(page++, RESULT_BYTES),
    }));
    messages.push({ role: "assistant", content: reply.content }, { role: "user", content: results });
  }
}

type Ledger = { entries: { n: number; usage: Record<string, number> | null }[] };

/** What the exchanges after the first so many came to. */
async function spent(url: string, after: number): Promise<Spent> {
  const price = priceOf(MODEL, Date.now());
  if (price === undefined) throw new Error(`there is no price for ${MODEL}`);
  const { entries } = (await (await fetch(`${url}/control/ledger?since=${after}`)).json()) as Ledger;
  const sum: Spent = { usd: 0, calls: 0, inputTokens: 0, readTokens: 0 };
  let nanoUsd = 0;
  for (const { usage } of entries) {
    const { input_tokens = 0, output_tokens = 0 } = usage ?? {};
    const { cache_read_input_tokens = 0, cache_creation_input_tokens = 0 } = usage ?? {};
    nanoUsd += costNanoUsd(price, {
      input_tokens,
      output_tokens,
      cache_read_input_tokens,
      cache_creation_input_tokens,
    });
    sum.calls += 1;
    sum.inputTokens += input_tokens + cache_read_input_tokens + cache_creation_input_tokens;
    sum.readTokens += cache_read_input_tokens;
  }
  return { ...sum, usd: nanoUsd / NANO_PER_USD };
}
