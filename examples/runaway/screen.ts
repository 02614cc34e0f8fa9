// The story as plain text for a terminal: a counter that climbs in place where there is one, lines where there is none.
// Colour only where the terminal takes it and NO_COLOR does not forbid it.

import { styleText } from "node:util";
import type { BareTurn } from "./bare-loop.ts";
import type { PawlTurn } from "./pawl-task.ts";
import {
  type BareAct,
  BUDGET_USD,
  HOURS_UNTIL_MORNING,
  type PawlAct,
  QUESTION,
  type Runaway,
  SECONDS_PER_REAL_TURN,
} from "./runaway.ts";

export type Screen = {
  open(): void;
  bareTurn(turn: BareTurn): void;
  bareEnd(act: BareAct): void;
  pawlTurn(turn: PawlTurn): void;
  end(run: Runaway): void;
};

type Output = { write(text: string): unknown; isTTY?: boolean | undefined };

/** Often enough to see it climb; a terminal need not be told 300 times. */
const REFRESH_MS = 60;
const LINE_EVERY_TURNS = 30;
const ANSWER_LINES = 4;

export function openScreen(output: Output, nowMs: () => number = () => performance.now()): Screen {
  const isLive = output.isTTY === true;
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    isLive ? styleText(format, text) : text;
  const line = (text = "") => void output.write(text === "" ? "\n" : `  ${text}\n`);
  const indented = (text: string) => line(`   ${text}`);
  let shownAtMs = Number.NEGATIVE_INFINITY;

  return {
    open() {
      line();
      line(paint("bold", `“${QUESTION}”`));
      line(
        "The model is Pawl's simulator, scripted to be endlessly curious; prices are claude-sonnet-5-5's.",
      );
      line();
      line(paint("bold", "1  A bare loop: the SDK, the tools, no limits"));
    },
    bareTurn(turn) {
      if (!isLive) {
        if (turn.turn === 1 || turn.turn % LINE_EVERY_TURNS === 0) indented(counter(turn));
        return;
      }
      if (nowMs() - shownAtMs < REFRESH_MS) return;
      shownAtMs = nowMs();
      output.write(`\r     ${paint("red", counter(turn))}\x1b[K`);
    },
    bareEnd(act) {
      if (isLive) output.write("\r\x1b[K");
      indented(
        paint("red", `${act.turns} turns, ${dollars(act.usd)} in ${act.seconds.toFixed(1)} s, still asking.`),
      );
      indented("It was the demo that broke it off; nothing in the loop would have.");
      indented(
        `At ${SECONDS_PER_REAL_TURN} s a turn, as a real model takes: ${dollars(act.usdPerHour)} an hour, ` +
          `${paint("bold", dollars(act.usdUntilMorning))} until morning (${HOURS_UNTIL_MORNING} h).`,
      );
      indented(
        `With prompt caching ${dollars(act.cachedUsdUntilMorning)}: a slower fire. One customer, one question.`,
      );
      line();
      line(paint("bold", `2  The same agent as a Pawl task, with ${dollars(BUDGET_USD)} to spend`));
    },
    pawlTurn({ turn, usd, asks }) {
      indented(`turn ${String(turn).padStart(2)}   ${cents(usd)}   ${asks}`);
    },
    end({ pawl, bare, savedUsd }) {
      indented(
        paint(
          "green",
          `${pawl.status}: ${pawl.stopReason}. ${cents(pawl.usd)} of ${dollars(pawl.budgetUsd)} spent.`,
        ),
      );
      if (pawl.message !== "") indented(`“${pawl.message}”`);
      for (const text of firstLines(pawl)) indented(paint("dim", text));
      line();
      const saved = `Saved ${dollars(savedUsd)} of the ${dollars(bare.usd)} that ${bare.turns} turns cost`;
      line(`${paint("bold", saved)}, and ${dollars(bare.usdUntilMorning - pawl.usd)} by morning.`);
      line();
    },
  };
}

function counter({ turn, nanoUsd, inputTokens }: BareTurn): string {
  const tokens = inputTokens.toLocaleString("en-US").padStart(7);
  return `turn ${String(turn).padStart(3)}   ${dollars(nanoUsd / 1e9).padStart(9)}   ${tokens} tokens sent with it`;
}

function firstLines({ answer }: PawlAct): string[] {
  const lines = answer.split("\n").filter((text) => text.trim() !== "");
  return lines.length <= ANSWER_LINES ? lines : [...lines.slice(0, ANSWER_LINES), "…"];
}

function dollars(usd: number): string {
  return usd.toLocaleString("en-US", { style: "currency", currency: "USD" });
}

/** Small sums with as many places as they need. */
function cents(usd: number): string {
  return `$${usd.toFixed(4)}`;
}
