// `npm run demo:runaway [-- --json] [--turns N] [--seconds S]`: the story for which Pawl was made, live and in under a
// minute. It ends by itself with exit code 0; --json prints one document and nothing else, for tests.

import { parseArgs } from "node:util";
import { endOnSignals } from "../../apps/cli/src/up/end-signals.ts";
import { openDemoStage } from "./demo-stage.ts";
import { type Runaway, runAway } from "./runaway.ts";
import { openScreen } from "./screen.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    turns: { type: "string", default: "300" },
    seconds: { type: "string", default: "15" },
  },
});

const positive = (name: "turns" | "seconds"): number => {
  const number = Number(values[name]);
  if (number >= 1 && Number.isFinite(number)) return number;
  process.stderr.write(`--${name} must be a number, at least 1\n`);
  process.exit(2);
};
const [turns, seconds] = [positive("turns"), positive("seconds")];

const signal = endOnSignals();
const screen = openScreen(values.json ? { write: () => true } : process.stdout);
let code = 0;
try {
  const stage = await openDemoStage({ say: (line) => process.stderr.write(`${line}\n`), signal });
  try {
    screen.open();
    const run = await runAway({
      stage,
      turns,
      seconds,
      onBareTurn: screen.bareTurn,
      onBareEnd: screen.bareEnd,
      onPawlTurn: screen.pawlTurn,
      signal,
    });
    screen.end(run);
    if (values.json) process.stdout.write(`${JSON.stringify(documentOf(run), null, 2)}\n`);
  } finally {
    await stage.close();
  }
} catch (error) {
  code = signal.aborted ? 130 : 1;
  if (!signal.aborted) process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
}
process.exit(code);

function documentOf({ bare, pawl, savedUsd }: Runaway) {
  return {
    bare: {
      turns: bare.turns,
      usd: bare.usd,
      billed_usd: bare.billedUsd,
      seconds: bare.seconds,
      input_tokens: bare.inputTokens,
      usd_per_hour: bare.usdPerHour,
      usd_until_morning: bare.usdUntilMorning,
      cached_usd_until_morning: bare.cachedUsdUntilMorning,
    },
    pawl: {
      task: pawl.id,
      status: pawl.status,
      stop_reason: pawl.stopReason,
      message: pawl.message,
      answer: pawl.answer,
      turns: pawl.turns,
      usd: pawl.usd,
      billed_usd: pawl.billedUsd,
      budget_usd: pawl.budgetUsd,
    },
    saved_usd: savedUsd,
  };
}
