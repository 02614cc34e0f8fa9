/**
 * How things stand under `npm start`, asked of the api every second or so: tasks, queues, money. An api that does not
 * answer is said to be silent; nothing is thrown, for this is only a look.
 */
import { setTimeout as delay } from "node:timers/promises";
import { createPawl, type Overview, type Queue, type TaskStatus, type Worker } from "@pawl/client";
import { count, dollars, duration, statusColour } from "../terminal/amounts.ts";
import type { Colour } from "../terminal/output.ts";

export type Standing = {
  readonly tasks: Overview["tasks"];
  readonly queues: readonly Queue[];
  readonly workers: readonly Worker[];
  readonly monthUsd: number;
};

const EVERY_MS = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;

/** Until the signal is aborted. */
export async function followStatus(options: {
  apiUrl: string;
  key: string;
  signal: AbortSignal;
  show: (standing: Standing | "silent") => void;
}): Promise<void> {
  const { apiUrl, key, signal, show } = options;
  const pawl = createPawl({ baseUrl: apiUrl, apiKey: key, maxRetries: 0, timeoutMs: ANSWER_TIMEOUT_MS });
  const look = async (): Promise<Standing> => {
    const [overview, queues, workers, usage] = await Promise.all([
      pawl.overview({ signal }),
      pawl.queues({ signal }).page(),
      pawl.workers({ signal }).page(),
      pawl.usage({}, { signal }).page(),
    ]);
    return {
      tasks: overview.tasks,
      queues: queues.data,
      workers: workers.data,
      monthUsd: usage.total.cost_usd,
    };
  };
  while (!signal.aborted) {
    const standing = await look().catch(() => "silent" as const);
    if (signal.aborted) return;
    show(standing);
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Two calm lines; states that nobody is in are left out. */
export function statusLines(
  standing: Standing | "silent",
  paint: (colour: Colour, text: string) => string = (_, text) => text,
): string[] {
  if (standing === "silent") return ["", paint("yellow", "  the api does not answer at this moment")];
  const { tasks, queues, workers, monthUsd } = standing;
  const states = Object.entries(tasks) as [TaskStatus, number][];
  const told = states
    .filter(([, number]) => number > 0)
    .map(([status, number]) => {
      const text = `${count(number)} ${status}`;
      const colour = statusColour(status);
      return colour === undefined ? text : paint(colour, text);
    });
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting + queue.delayed, 0);
  const oldestMs = Math.max(0, ...queues.map((queue) => queue.oldest_waiting_ms ?? 0));
  const queued =
    waiting === 0 ? "queues empty" : `${count(waiting)} in the queues, the oldest for ${duration(oldestMs)}`;
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const room = workers.reduce((sum, worker) => sum + worker.concurrency, 0);
  const people =
    workers.length === 0
      ? paint("red", "no worker")
      : `${workers.length} worker${workers.length === 1 ? "" : "s"}`;
  return [
    "",
    `  ${paint("dim", "tasks")}  ${told.length === 0 ? "none yet" : told.join("  ")}`,
    `  ${paint("dim", "now")}    ${people}, ${count(running)} of ${count(room)} busy · ${queued} · ${dollars(monthUsd)} spent this month`,
  ];
}
