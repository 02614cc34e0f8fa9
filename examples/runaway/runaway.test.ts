// The demo as whoever types `npm run demo:runaway` gets it, told as JSON; and what its screen makes of the numbers.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { z } from "zod";
import type { BareAct, PawlAct } from "./runaway.ts";
import { openScreen } from "./screen.ts";

const Document = z.object({
  bare: z.looseObject({
    turns: z.number(),
    usd: z.number(),
    billed_usd: z.number(),
    usd_per_hour: z.number(),
  }),
  pawl: z.looseObject({
    status: z.string(),
    stop_reason: z.string(),
    answer: z.string(),
    turns: z.number(),
    usd: z.number(),
    billed_usd: z.number(),
    budget_usd: z.number(),
  }),
  saved_usd: z.number(),
});

it("burns in a bare loop, stops at cents under Pawl with an answer, and ends by itself", async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--json", "--turns", "40"], {
    // What the environment names must not be touched: no such Redis answers, no such key pays.
    env: {
      ...process.env,
      REDIS_URL: "redis://127.0.0.1:1",
      ANTHROPIC_API_KEY: "real",
      PAWL_DATA_DIR: "/nowhere",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, trouble, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  expect(code, trouble).toBe(0);
  const { bare, pawl, saved_usd } = Document.parse(JSON.parse(out));
  expect(bare.turns).toBe(40);
  expect(bare.usd).toBeCloseTo(bare.billed_usd, 9);
  expect(bare.usd_per_hour).toBeGreaterThan(bare.usd);
  expect(pawl).toMatchObject({ status: "stopped", stop_reason: "loop_detected" });
  expect(pawl.usd).toBeCloseTo(pawl.billed_usd, 9);
  expect(pawl.usd).toBeLessThanOrEqual(pawl.budget_usd / 5);
  expect(pawl.turns).toBeGreaterThan(3);
  expect(pawl.answer).toMatch(/orders/);
  expect(saved_usd).toBeCloseTo(bare.usd - pawl.usd, 9);
}, 90_000);

const turn = { nanoUsd: 2e9, turnNanoUsd: 1e7, cachedTurnNanoUsd: 1e6, inputTokens: 4_000 };
const bare: BareAct = {
  turns: 60,
  usd: 2,
  billedUsd: 2,
  seconds: 1,
  inputTokens: 4_000,
  usdPerHour: 6,
  usdUntilMorning: 84,
  cachedUsdUntilMorning: 8,
};
const pawl: PawlAct = {
  id: "task_1",
  status: "stopped",
  stopReason: "budget_reached",
  message: "The budget was used up.",
  answer: "one\ntwo\n\nthree\nfour\nfive",
  turns: 2,
  usd: 0.05,
  budgetUsd: 0.1,
  billedUsd: 0.05,
};

function told(isTTY: boolean): string {
  let shown = "";
  const screen = openScreen({ isTTY, write: (chunk: string) => (shown += chunk) });
  screen.open();
  for (let n = 1; n <= 60; n += 1) screen.bareTurn({ ...turn, turn: n });
  screen.bareEnd(bare);
  screen.pawlTurn({ turn: 1, usd: 0.01, asks: "query_orders" });
  screen.end({ bare, pawl, savedUsd: 1.95 });
  return shown;
}

it("is plain lines without a terminal", () => {
  const shown = told(false);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  expect(shown).not.toMatch(/[\x1b\r]/);
  expect(shown.match(/turn +\d+ +\$2\.00/g)).toHaveLength(3);
  expect(shown).toContain("stopped: budget_reached. $0.0500 of $0.10 spent.");
  expect(shown).toContain("Saved $1.95 of the $2.00 that 60 turns cost, and $83.95 by morning.");
  expect(shown).toContain("four\n     …");
});

it("counts in one place on a terminal", () => {
  expect(told(true)).toMatch(/\r {5}.*turn {3}1 {3}/);
});
