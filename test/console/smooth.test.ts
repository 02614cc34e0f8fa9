/**
 * How the console carries weight: ten thousand tasks, two thousand events, and what a browser loads to show Tasks.
 * The lists are played by the test at the browser's edge; the console is the real one.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Task, taskView } from "@pawl/protocol";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { startSystem } from "../support/processes.ts";
import { openBrowser } from "./browser.ts";
import { longJournal, stateOf } from "./long-lists.ts";

const TASKS = 10_000;
const EVENTS = 2_000;
/** More than the api gives at a time: what is measured is the console, not how fast this test answers it. */
const PAGE = 1_000;
const FIRST_LOAD_BYTES = 250 * 1024;
const dist = join(import.meta.dirname, "../../apps/console/dist");

const [system, browser] = await Promise.all([startSystem({ workers: 0 }), openBrowser()]);

/** Scrolls to the end by the wheel and says how long the frames took meanwhile, in ms: the usual one, since the machine may be busy. */
async function scrollThrough(
  page: Page,
  isAtEnd: () => Promise<boolean>,
): Promise<{ medianMs: number; rows: number }> {
  await page.evaluate(
    "globalThis.frames_ = []; let last = performance.now(); const note = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(note); }; requestAnimationFrame(note);",
  );
  await page.mouse.move(700, 500);
  let rows = 0;
  while (!(await isAtEnd())) {
    await page.mouse.wheel(0, 20_000);
    rows = Math.max(rows, await page.locator("tbody tr, .rows li").count());
  }
  const frames = (await page.evaluate("frames_")) as number[];
  const medianMs = frames.sort((a, b) => a - b)[Math.floor(frames.length / 2)] ?? 0;
  return { medianMs: Math.round(medianMs), rows };
}

it("ten thousand tasks scroll to their end, with no more rows than the screen holds", async () => {
  const tasks: Task[] = Array.from({ length: TASKS }, (_, n) =>
    taskView(`task_${String(TASKS - n).padStart(26, "0")}`, stateOf(`user-${n % 97}`)),
  );
  const { page } = await browser.enter(system.url);
  await page.route("**/v1/tasks?*", (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
    const next = from + PAGE < TASKS ? String(from + PAGE) : null;
    return route.fulfill({ json: { data: tasks.slice(from, from + PAGE), next_cursor: next } });
  });
  await page.goto(`${system.url}/console/tasks`);
  await page.locator("tbody .c-id").first().waitFor();
  const oldest = page.locator(`tbody a[title="${tasks.at(-1)?.id}"]`);
  const { medianMs, rows } = await scrollThrough(page, async () => (await oldest.count()) > 0);
  expect(rows).toBeLessThan(150);
  expect(medianMs).toBeLessThan(100);
  expect(await page.locator("table.tasks").getAttribute("aria-rowcount")).toBe(String(TASKS + 1));
});

it("two thousand events are a timeline that scrolls and zooms", async () => {
  const id = `task_${"0".repeat(26)}`;
  const events = longJournal(EVENTS);
  const { page } = await browser.enter(system.url);
  await page.route(`**/v1/tasks/${id}`, (route) => route.fulfill({ json: taskView(id, stateOf("user-1")) }));
  await page.route(`**/v1/tasks/${id}/events`, (route) =>
    route.fulfill({
      contentType: "text/event-stream",
      body: events
        .map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
        .join(""),
    }),
  );
  await page.goto(`${system.url}/console/tasks/${id}`);
  await page.getByRole("button", { name: /^Turn 1 / }).waitFor();
  await browser.picture(page, "two-thousand-events");
  const end = page.getByRole("button", { name: /^Completed/ });
  const { medianMs, rows } = await scrollThrough(page, async () => (await end.count()) > 0);
  expect(rows).toBeLessThan(150);
  expect(medianMs).toBeLessThan(100);
  // Only what the screen holds of it exists, and the arrow keys still go from row to row.
  await end.focus();
  await page.keyboard.press("ArrowUp");
  await page.locator(".rows button:focus").filter({ hasText: /^look/ }).waitFor();
  await page.getByRole("button", { name: "Zoom in" }).click();
  await page.getByRole("tab", { name: /^Events/ }).click();
  await page.locator(".raw button").first().waitFor();
  expect(await page.locator(".raw li").count()).toBeLessThan(100);
});

it("what a browser loads to show Tasks is at most 250 KB, compressed", async () => {
  const { page } = await browser.enter(system.url);
  const loaded: string[] = [];
  page.on("response", (response) => loaded.push(new URL(response.url()).pathname));
  await page.goto(`${system.url}/console/tasks`);
  await page.getByRole("heading", { name: "Tasks" }).waitFor();
  const files = new Set(loaded.filter((path) => path.startsWith("/console/assets/")));
  expect(files.size).toBeGreaterThan(1);
  const bytes = [...files].reduce(
    (sum, path) => sum + statSync(join(dist, `${path.slice("/console/".length)}.gz`)).size,
    0,
  );
  expect(bytes).toBeLessThan(FIRST_LOAD_BYTES);
  // Nothing in any of its files asks anything of a host beside its own.
  for (const name of readdirSync(join(dist, "assets")).filter((name) => /\.(css|html)$/.test(name))) {
    expect(readFileSync(join(dist, "assets", name), "utf8")).not.toMatch(/https?:\/\//);
  }
});
