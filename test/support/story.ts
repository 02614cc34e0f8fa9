/** The story that crashes interrupt: three turns, calls of every effect, an answer; and its witnesses. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { System } from "./processes.ts";

export const STORY_CONFIG = join(import.meta.dirname, "story.config.ts");

/** What the model says, turn by turn. The calls of the first turn run concurrently. */
const replies = [
  { content: [call("look", 1), call("put", 2)], stop_reason: "tool_use" },
  { content: [call("send", 3)], stop_reason: "tool_use" },
  { content: [call("look", 4)], stop_reason: "tool_use" },
  { content: [{ type: "text", text: "The story is told." }] },
];

function call(name: string, n: number) {
  return { type: "tool_use", name, input: { n } };
}

/** Scripts one call of a tool, then an answer, for a task told from others by a word of its prompt. */
export async function scriptOneCall(system: System, word: string, tool: string): Promise<void> {
  const replies = [
    { content: [{ type: "tool_use", name: tool, input: {} }], stop_reason: "tool_use" },
    { content: [{ type: "text", text: "It is done." }] },
  ];
  await script(
    system,
    replies.map((reply, turn) => ({ match: { contains: word, turn: turn + 1 }, reply, times: -1 })),
  );
}

/** Scripts the simulator for one task, told from others by a word of its prompt. */
export async function scriptStory(system: System, word: string, latencyMs = 60): Promise<void> {
  // By turn, not by order: a reply asked for again after a crash must be the same one.
  const steps = replies.map((reply, turn) => ({
    match: { contains: word, turn: turn + 1 },
    reply,
    latency_ms: latencyMs,
    times: -1,
  }));
  await script(system, steps);
}

/** Hands the simulator what to answer, step by step. */
export async function script(system: System, steps: object[]): Promise<void> {
  const response = await fetch(`${system.simulator.url}/control/scenario`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ steps }),
  });
  if (!response.ok) throw new Error(await response.text());
}

type LedgerEntry = { outcome: string; request_hash: string; billed_nano_usd: number; status: number };

export async function ledgerOf(system: System, word: string): Promise<LedgerEntry[]> {
  const response = await fetch(`${system.simulator.url}/control/ledger?contains=${encodeURIComponent(word)}`);
  return ((await response.json()) as { entries: LedgerEntry[] }).entries;
}

export type Witnessed = { name: string; n: number; task: string; key: string };

export async function witnessed(system: System, task: string): Promise<Witnessed[]> {
  const file = await readFile(join(system.dataDir, "witness.jsonl"), "utf8").catch(() => "");
  return file
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Witnessed)
    .filter((line) => line.task === task);
}

/** No write twice, and an idempotent call only under one key. */
export function expectNothingTwice(witness: readonly Witnessed[]): void {
  expect(witness.filter(({ name }) => name === "send").length).toBeLessThanOrEqual(1);
  expect(
    new Set(witness.filter(({ name }) => name === "put").map(({ key }) => key)).size,
  ).toBeLessThanOrEqual(1);
}
