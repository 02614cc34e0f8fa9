// The story in two acts, as numbers: the same question to the same endlessly curious model, once in a bare loop and once
// as a Pawl task. The simulator's own ledger says what each of them was billed.

import { priceOf } from "@pawl/agent";
import { supportAgent } from "../support/agent.ts";
import { type BareTurn, bareLoop } from "./bare-loop.ts";
import type { DemoStage } from "./demo-stage.ts";
import { type PawlEnd, type PawlTurn, runPawlTask } from "./pawl-task.ts";

export const USER = "C-1042";
export const QUESTION = "Find all my past orders and summarise the patterns in my purchasing.";
export const BUDGET_USD = 0.5;
/** What a turn of a real model with tools takes, about; the simulator needs milliseconds. */
export const SECONDS_PER_REAL_TURN = 6;
/** From six in the evening until eight in the morning. */
export const HOURS_UNTIL_MORNING = 14;
/** So that a person can read along. */
const PAWL_TURN_MS = 120;

export type BareAct = {
  turns: number;
  usd: number;
  /** By the simulator's ledger. */
  billedUsd: number;
  seconds: number;
  inputTokens: number;
  usdPerHour: number;
  usdUntilMorning: number;
  /** The same, had the loop cached its prompts as Pawl does. */
  cachedUsdUntilMorning: number;
};
export type PawlAct = PawlEnd & { budgetUsd: number; billedUsd: number };
export type Runaway = { bare: BareAct; pawl: PawlAct; savedUsd: number };

export type RunawayOptions = {
  stage: DemoStage;
  turns: number;
  seconds: number;
  onBareTurn: (turn: BareTurn) => void;
  onBareEnd: (act: BareAct) => void;
  onPawlTurn: (turn: PawlTurn) => void;
  signal: AbortSignal;
};

export async function runAway(options: RunawayOptions): Promise<Runaway> {
  const { stage, signal, onPawlTurn } = options;
  await control(stage, "POST", "scenario", { default: "curious" });
  const bare = await bareAct(options);
  options.onBareEnd(bare);

  const { apiUrl, adminKey } = await stage.pawl;
  await control(stage, "DELETE", "ledger");
  const steps = [{ brain: "curious", latency_ms: PAWL_TURN_MS, times: -1 }];
  await control(stage, "POST", "scenario", { steps });
  const request = { agent: "support", user: USER, input: QUESTION, budget: { max_cost_usd: BUDGET_USD } };
  const end = await runPawlTask({ apiUrl, adminKey, request, onTurn: onPawlTurn, signal });
  const pawl = { ...end, budgetUsd: BUDGET_USD, billedUsd: await billedUsd(stage) };
  return { bare, pawl, savedUsd: bare.usd - pawl.usd };
}

/** Broken off after so many turns or seconds, whichever comes first; what it would cost until morning follows. */
async function bareAct({ stage, turns, seconds, onBareTurn, signal }: RunawayOptions): Promise<BareAct> {
  const price = priceOf(supportAgent.model, Date.now());
  if (price === undefined) throw new Error(`There is no price for ${supportAgent.model}.`);
  const startedAtMs = performance.now();
  const elapsed = () => (performance.now() - startedAtMs) / 1000;
  const loop = bareLoop({ baseUrl: stage.simulatorUrl, user: USER, question: QUESTION, price, signal });
  const all: BareTurn[] = [];
  for await (const turn of loop) {
    all.push(turn);
    onBareTurn(turn);
    if (turn.turn >= turns || elapsed() >= seconds) break;
  }
  const last = all.at(-1);
  if (last === undefined) throw new Error("The bare loop ended before its first turn.");
  // What a turn costs by then, growing no further: the mean of its later half, in which the context was full at times.
  const later = all.slice(Math.floor(all.length / 2));
  const turnsPerHour = 3600 / SECONDS_PER_REAL_TURN;
  const hourly = (of: (turn: BareTurn) => number) => (mean(later.map(of)) * turnsPerHour) / 1e9;
  return {
    turns: all.length,
    usd: last.nanoUsd / 1e9,
    billedUsd: await billedUsd(stage),
    seconds: elapsed(),
    inputTokens: last.inputTokens,
    usdPerHour: hourly(({ turnNanoUsd }) => turnNanoUsd),
    usdUntilMorning: hourly(({ turnNanoUsd }) => turnNanoUsd) * HOURS_UNTIL_MORNING,
    cachedUsdUntilMorning: hourly(({ cachedTurnNanoUsd }) => cachedTurnNanoUsd) * HOURS_UNTIL_MORNING,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function billedUsd(stage: DemoStage): Promise<number> {
  const ledger = await control(stage, "GET", "ledger?limit=0");
  return (ledger as { totals: { billed_nano_usd: number } }).totals.billed_nano_usd / 1e9;
}

async function control(
  { simulatorUrl }: DemoStage,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${simulatorUrl}/control/${path}`, { method, ...json });
  if (!response.ok) throw new Error(`/control/${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
