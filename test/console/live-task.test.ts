/** A task's page while the task lives: a worker dies, somebody cancels, a limit is raised, and all of it is seen. */
import { expect, it } from "vitest";
import { submit } from "../support/follow.ts";
import { startSystem } from "../support/processes.ts";
import { scriptReplies } from "../support/simulator-script.ts";
import { STORY_CONFIG, scriptOneCall, scriptStory } from "../support/story.ts";
import { openBrowser } from "./browser.ts";

const [system, browser] = await Promise.all([
  startSystem({ workers: 1, env: { PAWL_CONFIG: STORY_CONFIG } }),
  openBrowser(),
]);

it("shows a task that outlives its worker, from its first turn to its end", async () => {
  await scriptStory(system, "the-crash", 700);
  const { id } = await submit(system, { input: "the-crash", agent: "story" });
  const { page, errors } = await browser.enter(system.url, `/console/tasks/${id}`);
  await page.getByRole("button", { name: /^Turn 1/ }).waitFor();
  await system.workers[0]?.end("SIGKILL");
  await system.startWorker();
  await page.getByRole("button", { name: /^Crash survived/ }).waitFor();
  await page.getByRole("button", { name: /^Completed/ }).waitFor();
  await page.locator(".task-head").getByText("completed").waitFor();
  await browser.picture(page, "crash-survived");
  await page.getByRole("region", { name: "Findings" }).getByText("Crash survived").click();
  await page
    .getByRole("complementary")
    .getByText(/was lost; .* goes on from event/)
    .waitFor();
  await page.getByRole("tab", { name: "Conversation" }).click();
  await page.getByText("The story is told.").waitFor({ state: "attached" });
  expect(errors).toEqual([]);
});

it("cancels a running task at once, after asking", async () => {
  await scriptOneCall(system, "the-gate", "gate");
  const { id } = await submit(system, { input: "the-gate", agent: "patient" });
  const { page } = await browser.enter(system.url, `/console/tasks/${id}`);
  await page.getByRole("button", { name: /^gate/ }).waitFor();
  await browser.picture(page, "running");
  await page.getByRole("button", { name: "Cancel task" }).click();
  await page.getByRole("dialog").getByText("Cancel this task?").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Cancel task" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel task" }).click();
  await page.locator(".task-head").getByText("cancelled").waitFor();
  await page.getByRole("button", { name: /^Cancelled/ }).waitFor();
});

it("raises the limit that stopped a task and sees it go on to its end", async () => {
  await scriptReplies(system, "the-purse", [{ tool: "look", input: { n: 1 } }, "Enough money after all."]);
  const { id } = await submit(system, {
    input: "the-purse",
    agent: "story",
    budget: { max_cost_usd: 0.00001 },
  });
  const { page } = await browser.enter(system.url, `/console/tasks/${id}`);
  await page.locator(".task-head").getByText("stopped · budget reached").waitFor();
  await page.getByRole("button", { name: "Resume…" }).click();
  await page.getByLabel("Cost, in dollars").fill("0.2");
  await page.getByRole("button", { name: "Resume task" }).click();
  await page.getByRole("button", { name: /^Resumed on request/ }).waitFor();
  await page.getByRole("button", { name: /^Completed/ }).waitFor();
  await page
    .locator(".gauge", { hasText: "Cost" })
    .getByText(/of \$0\.200/)
    .waitFor();
});
