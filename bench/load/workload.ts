/**
 * The task that all benchmarks perform: some turns of the model, as many tool calls, rows of orders as their
 * results. `steps` is turns + calls: the first turn makes two calls, each further one makes one, the last answers.
 */
import { defineConfig, defineTool, type PawlConfig } from "@pawl/agent";
import type { ContentBlock } from "@pawl/protocol";
import { z } from "zod";

export type Workload = {
  steps: number;
  resultBytes: number;
  /** Turn by turn (the first is 0), what the model says. */
  turns: readonly { content: ContentBlock[]; stopReason: "tool_use" | "end_turn" }[];
  config: PawlConfig;
  /** Tasks have a session and a feature, and every scope has a limit. */
  everyScope: boolean;
};

export const MODEL = "claude-sonnet-5-5";
export const PROMPT =
  "Find all my past orders and summarise the patterns in my purchasing: what I buy, how often, and what it costs.";

/** `steps` is even and at least 4. */
export function workload(steps: number, resultBytes: number, { everyScope = false } = {}): Workload {
  const turnCount = steps / 2;
  if (!Number.isInteger(turnCount) || turnCount < 2) throw new RangeError(`not a number of steps: ${steps}`);
  let calls = 0;
  const turns = Array.from({ length: turnCount }, (_, turn): Workload["turns"][number] => {
    if (turn === turnCount - 1) return { content: [{ type: "text", text: ANSWER }], stopReason: "end_turn" };
    const here = Array.from({ length: turn === 0 ? 2 : 1 }, () => callBlock(++calls));
    return { content: [{ type: "text", text: plan(turn) }, ...here], stopReason: "tool_use" };
  });
  return { steps, resultBytes, turns, config: configFor(resultBytes, everyScope), everyScope };
}

/** What the model and the tools said, in UTF-8 bytes: prompt, text, calls as JSON, results. */
export function contentBytes({ turns, resultBytes }: Workload): number {
  const said = turns.flatMap(({ content }) => content);
  const calls = said.filter(({ type }) => type === "tool_use").length;
  const replies = said.reduce((sum, block) => sum + Buffer.byteLength(JSON.stringify(block)), 0);
  return Buffer.byteLength(PROMPT) + replies + calls * resultBytes;
}

const ANSWER =
  "You placed 84 orders in two years, most of them on weekends. Half of what you spent went to clothing, and you " +
  "buy coffee every third week, always the same two kinds. Orders above 100 USD are rare and were all returned.";

function plan(turn: number): string {
  return `I have read ${turn} pages of your orders so far. I will look at the next page and count what repeats.`;
}

function callBlock(page: number): ContentBlock {
  return {
    type: "tool_use",
    id: `toolu_${String(page).padStart(8, "0")}`,
    name: "query_orders",
    input: { page },
  };
}

/** Far more than is ever spent: what is measured is the counting. */
const PLENTY = { limit_usd: 1_000_000, soft_usd: 900_000 };
const EVERY_SCOPE = {
  session: { total: PLENTY },
  user: { day: PLENTY },
  feature: { hour: PLENTY },
  tenant: { month: PLENTY },
  global: { day: PLENTY },
};

function configFor(resultBytes: number, everyScope: boolean): PawlConfig {
  const pages = new Map<number, string>();
  const queryOrders = defineTool({
    name: "query_orders",
    description: "Reads one page of the customer's orders, newest first.",
    input: z.strictObject({ page: z.int().positive() }),
    effect: "read",
    run({ page }) {
      const known = pages.get(page) ?? orderRows(page, resultBytes);
      pages.set(page, known);
      return known;
    },
  });
  return defineConfig({
    agents: {
      default: {
        system: "You are a customer-support agent. Look things up rather than guess, then answer in full.",
        model: MODEL,
        tools: ["query_orders"],
      },
    },
    tools: [queryOrders],
    limits: everyScope ? EVERY_SCOPE : {},
  });
}

const items = [
  "Cotton T-shirt",
  "Espresso beans 1 kg",
  "Running shoes",
  "Desk lamp",
  "USB-C cable 2 m",
  "Notebook A5",
];
const states = ["delivered", "delivered", "delivered", "returned", "shipped"];

/** Exactly that many bytes of JSON rows, different on every page: about as compressible as real ones. */
export function orderRows(page: number, bytes: number): string {
  let seed = page * 7919;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let rows = "";
  while (rows.length < bytes) {
    rows += `${JSON.stringify({
      order_id: `ORD-${100_000 + random(900_000)}`,
      placed_at: `2026-0${1 + random(9)}-${10 + random(19)}`,
      item: items[random(items.length)],
      quantity: 1 + random(4),
      total_usd: random(20_000) / 100,
      status: states[random(states.length)],
    })}\n`;
  }
  return rows.slice(0, bytes);
}
