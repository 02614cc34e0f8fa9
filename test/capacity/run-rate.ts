/**
 * Many tasks at once before a provider that refuses what is above its rate: how much of its allowance the fleet used,
 * and how often it was refused. The simulator is the witness.
 */
import { join } from "node:path";
import { foldTask, type TaskState } from "@pawl/protocol";
import { openStore, parseRedisAddress, readJournal, type Store } from "@pawl/store";
import { sleep } from "../faults/round.ts";
import { openStage, type Stage } from "../overspend/stage.ts";
import { ADMIN_KEY } from "../support/pawl-process.ts";

export type RateOptions = {
  requestsPerMinute: number;
  /** The simulator allows no window of this length more than its share. */
  windowMs: number;
  workers: number;
  tasks: number;
  say: (line: string) => void;
  signal: AbortSignal;
};

export type RateRun = {
  requests: number;
  refused: number;
  /** From the first request to the last. */
  spanMs: number;
  /** Of what was allowed in that time. */
  usedShare: number;
  /** When the requests arrived, in ms from the first on. */
  arrivedMs: number[];
  states: TaskState[];
};

const CONFIG = join(import.meta.dirname, "capacity.config.ts");
export const TENANT = "default";
const LOOK_MS = 100;

export async function runRate(options: RateOptions): Promise<RateRun> {
  const { requestsPerMinute, windowMs, workers, tasks, signal, say } = options;
  const rateLimits = { requests_per_minute: requestsPerMinute, window_ms: windowMs };
  const scenario = { default: "echo" as const, rate_limits: rateLimits };
  const stage = await openStage({ workers, scenario, config: CONFIG, signal });
  const store = await openStore({ address: parseRedisAddress(stage.redis.url), failFast: false });
  try {
    const ids = await submitMany(stage, tasks);
    say(`${tasks} tasks, ${workers} workers, ${requestsPerMinute} requests a minute`);
    const states = await untilEnded(store, ids, signal, (ended) => say(`${ended} of ${tasks} have ended`));
    const entries = await requestsOf(stage);
    const refused = entries.filter(({ status }) => status === 429).length;
    const atMs = entries.map(({ received_at_ms }) => received_at_ms).sort((a, b) => a - b);
    const spanMs = (atMs.at(-1) ?? 0) - (atMs[0] ?? 0);
    const served = entries.length - refused;
    // The first one stands at the span's beginning, the last one at its end.
    const usedShare = (served - 1) / ((spanMs / 60_000) * requestsPerMinute);
    return {
      requests: entries.length,
      refused,
      spanMs,
      usedShare,
      arrivedMs: atMs.map((ms) => ms - (atMs[0] ?? 0)),
      states,
    };
  } finally {
    await store.close();
    await stage.close();
  }
}

export async function submitMany(stage: Stage, count: number, body: object = {}): Promise<string[]> {
  const ids: string[] = [];
  const numbers = Array.from({ length: count }, (_, i) => i);
  const submitRest = async () => {
    for (let n = numbers.pop(); n !== undefined; n = numbers.pop()) {
      const response = await fetch(`${stage.apiUrl}/v1/tasks`, {
        method: "POST",
        headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
        body: JSON.stringify({ input: `Question ${n}.`, user: `user-${n % 20}`, ...body }),
      });
      if (response.status !== 202) throw new Error(`submit: ${response.status} ${await response.text()}`);
      ids.push(((await response.json()) as { id: string }).id);
    }
  };
  await Promise.all(Array.from({ length: 16 }, submitRest));
  return ids;
}

export async function untilEnded(
  store: Store,
  ids: readonly string[],
  signal: AbortSignal,
  say: (ended: number) => void = () => {},
): Promise<TaskState[]> {
  const ended = new Map<string, TaskState>();
  let said = 0;
  while (ended.size < ids.length) {
    for (const id of ids) {
      if (ended.has(id)) continue;
      const state = foldTask(await readJournal(store, TENANT, id));
      if (state.finishedAtMs !== null) ended.set(id, state);
    }
    if (ended.size >= said + ids.length / 10) {
      said = ended.size;
      say(said);
    }
    await sleep(LOOK_MS, signal);
  }
  return [...ended.values()];
}

export type Entry = { status: number; outcome: string; model: string | null; received_at_ms: number };

export async function requestsOf(stage: Stage): Promise<Entry[]> {
  const response = await fetch(`${stage.simulator.url}/control/ledger`);
  const { entries } = (await response.json()) as { entries: (Entry & { path: string })[] };
  return entries.filter(({ path }) => path === "/v1/messages");
}
