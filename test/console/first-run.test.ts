/** The first minutes with the console: let in by a link or a key, nothing there yet, and the sample task runs. */
import { describe, expect, it } from "vitest";
import { ADMIN_KEY, startSystem } from "../support/processes.ts";
import { openBrowser } from "./browser.ts";

const [system, browser] = await Promise.all([startSystem(), openBrowser()]);
const login = async () => {
  const visited = await browser.visit();
  await visited.page.goto(`${system.url}/console/tasks?status=failed`);
  return visited;
};

describe("the door", () => {
  it("asks for a key, and says so of a wrong one", async () => {
    const { page } = await login();
    await page.getByLabel("API key").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("This API key is not known.").waitFor();
    await page.getByLabel("API key").fill(ADMIN_KEY);
    await page.keyboard.press("Enter");
    await page.getByText("No task fits these filters").waitFor();
    expect(page.url()).toContain("status=failed");
    expect(await page.evaluate("document.cookie")).toBe("");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("API key").waitFor();
    await page.reload();
    await page.getByLabel("API key").waitFor();
  });

  it("opens to a link once, and keeps its token out of the address", async () => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const made = await fetch(`${system.url}/console/links`, { method: "POST", headers });
    const { path } = (await made.json()) as { path: string };
    const { page } = await browser.visit();
    await page.goto(system.url + path);
    await page.getByRole("heading", { name: "Tasks" }).waitFor();
    expect(page.url()).not.toContain("token");
    const { page: another } = await browser.visit();
    await another.goto(system.url + path);
    await another.getByText("This link was used or has expired.").waitFor();
  });
});

it("an empty system offers the sample task and shows it run to its end", async () => {
  const { page, errors } = await browser.enter(system.url);
  await page.getByText("Nothing has run yet").waitFor();
  await browser.picture(page, "first-run");
  await page.getByRole("button", { name: "Run the sample task" }).click();
  await page.getByRole("button", { name: /^Turn 1/ }).waitFor();
  await page.getByRole("button", { name: /^Completed/ }).waitFor();
  await page.locator(".task-head").getByText("completed").waitFor();
  const rows = await page.locator(".rows button").allInnerTexts();
  expect(rows.filter((row) => row.startsWith("query_orders")).length).toBeGreaterThan(0);
  await page.getByRole("link", { name: "Tasks" }).first().click();
  await page.locator("tbody").getByText("completed").waitFor();
  expect(errors).toEqual([]);
});
