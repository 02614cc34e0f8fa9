// A simulator of the test file's own, the real SDK pointed at it, and the control endpoints as functions.

import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll } from "vitest";
import type { LedgerEntry, LedgerTotals } from "./ledger.ts";
import type { ScenarioInput } from "./scenario.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";

export type Running = {
  readonly url: () => string;
  readonly client: () => Anthropic;
  script(scenario: ScenarioInput): Promise<void>;
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  ledger(contains: string): Promise<{ entries: LedgerEntry[]; totals: LedgerTotals }>;
};

export function runSimulator(options: SimulatorOptions = {}): Running {
  let simulator: Simulator | undefined;
  beforeAll(async () => {
    simulator = await startSimulator(options);
  });
  afterAll(() => simulator?.close());
  const url = () => {
    if (simulator === undefined) throw new Error("the simulator runs only inside tests");
    return simulator.url;
  };
  const control: Running["control"] = async (method, path, body) => {
    const json = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(`${url()}/control/${path}`, { method, ...json });
    return { status: response.status, body: await response.json() };
  };
  return {
    url,
    client: () => new Anthropic({ apiKey: "simulator", baseURL: url(), maxRetries: 0 }),
    control,
    async script(scenario) {
      const { status, body } = await control("POST", "scenario", scenario);
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    async ledger(contains) {
      const response = await fetch(`${url()}/control/ledger?contains=${encodeURIComponent(contains)}`);
      return JSON.parse(await response.text());
    },
  };
}

export function ask(content: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) {
  return {
    model: "claude-sonnet-5-5",
    max_tokens: 1_000,
    messages: [{ role: "user" as const, content }],
    ...more,
  };
}

export function textOf({ content }: Anthropic.Message): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
}
