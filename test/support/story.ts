/** The story that crashes interrupt: three turns, calls of every effect, an answer; and its witnesses. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { System } from "./processes.ts";
import { type ScriptedTurn, scriptReplies } from "./simulator-script.ts";

export const STORY_CONFIG = join(import.meta.dirname, "story.config.ts");

/** What the model says, turn by turn. The calls of the first turn run concurrently. */
const TURNS: readonly ScriptedTurn[] = [
  [
    { tool: "look", input: { n: 1 } },
    { tool: "put", input: { n: 2 } },
  ],
  { tool: "send", input: { n: 3 } },
  { tool: "look", input: { n: 4 } },
  "The story is told.",
];

/** Scripts one call of a tool, then an answer, for a task told from others by a word of its prompt. */
export async function scriptOneCall(system: System, word: string, tool: string): Promise<void> {
  await scriptReplies(system, word, [{ tool }, "It is done."]);
}

/** Scripts the simulator for one task, told from others by a word of its prompt. */
export async function scriptStory(system: System, word: string, latencyMs = 60): Promise<void> {
  await scriptReplies(system, word, TURNS, { latency_ms: latencyMs });
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
