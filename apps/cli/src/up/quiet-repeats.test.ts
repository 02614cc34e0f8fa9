import { expect, test } from "vitest";
import { quietRepeats } from "./quiet-repeats.ts";

test("a line that comes again and again is said once, then counted", () => {
  const said: string[] = [];
  let nowMs = 0;
  const say = quietRepeats(
    (line) => said.push(line),
    () => nowMs,
  );
  for (let second = 0; second < 31; second += 1) {
    nowMs = second * 1_000;
    say("worker: warn: waiting for Redis");
    if (second === 5) say("api: warn: another thing");
  }
  expect(said).toEqual([
    "worker: warn: waiting for Redis",
    "api: warn: another thing",
    "worker: warn: waiting for Redis (and 29 times more since)",
  ]);
});
