import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { gathering } from "../command-line.fixture.ts";
import { openOutput } from "../terminal/output.ts";
import { openScreen } from "./screen.ts";

test("on a terminal lines pass above what is redrawn, and stay whole to be copied", async () => {
  const { stream, text } = gathering(true);
  const screen = openScreen(openOutput({ stdout: stream, stderr: stream, env: {} }));
  screen.show?.(["", "  tasks  1 running"]);
  await expect.poll(text).toContain("1 running");
  const long = `curl -H "Authorization: Bearer ${"k".repeat(150)}"`;
  screen.say(long);
  screen.show?.(["", "  tasks  1 completed"]);
  await expect.poll(text).toContain("1 completed");
  expect(text()).toContain(`${long}\n`);
  screen.show?.([]);
  screen.close();
  expect(stripVTControlCharacters(text()).trimEnd().endsWith("1 completed")).toBe(true);
});

test("elsewhere there are plain lines, and nothing is redrawn", () => {
  const { stream, text } = gathering(false);
  const screen = openScreen(openOutput({ stdout: stream, stderr: stream, env: {} }));
  screen.say("task_1 completed");
  expect(screen.show).toBeUndefined();
  screen.close();
  expect(text()).toBe("task_1 completed\n");
});
