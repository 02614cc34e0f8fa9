/**
 * The console in a real browser: Chromium over a real api, built once. Each visit is a browser of its own, whatever
 * its page says to its console as an error is kept, and pictures are left as artefacts for people to look at.
 */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll } from "vitest";
import { findChromium } from "../support/chromium.ts";
import { ADMIN_KEY } from "../support/pawl-process.ts";

const root = join(import.meta.dirname, "../..");
const dataDir = join(root, ".pawl");
const pictures = join(root, "artifacts/console");

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 375, height: 812 };

export type Visit = { page: Page; errors: string[] };

/** What a look at a page in passing should not wait longer for. */
const PATIENCE_MS = 10_000;

export async function openBrowser() {
  await promisify(execFile)(process.execPath, [join(root, "apps/cli/bootstrap/build-console.mjs")], {
    cwd: root,
  });
  const { executablePath, env } = await findChromium(dataDir);
  const browser: Browser = await chromium.launch({
    executablePath,
    env: { ...process.env, ...env } as Record<string, string>,
    // In a container there is no kernel support for its sandbox; the pages are our own.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
  });
  afterAll(() => browser.close());

  const visit = async (options: BrowserContextOptions = {}): Promise<Visit> => {
    const context = await browser.newContext({
      viewport: DESKTOP,
      colorScheme: "light",
      locale: "en-US",
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => (message.type() === "error" ? errors.push(message.text()) : undefined));
    page.on("pageerror", (error) => errors.push(error.message));
    return { page, errors };
  };

  return {
    visit,
    /** Logged in by a link, as `npm start` prints one. */
    async enter(url: string, path = "/console", options: BrowserContextOptions = {}): Promise<Visit> {
      const visited = await visit(options);
      const headers = { authorization: `Bearer ${ADMIN_KEY}` };
      const link = (await (await fetch(`${url}/console/links`, { method: "POST", headers })).json()) as {
        path: string;
      };
      await visited.page.goto(url + link.path);
      await visited.page.getByRole("navigation", { name: "Main" }).waitFor();
      if (path !== "/console") await visited.page.goto(url + path);
      return visited;
    },
    /** For people to look at: `CONSOLE_PICTURES=1 npx vitest run test/console` leaves them in artifacts/console. */
    async picture(page: Page, name: string): Promise<void> {
      if (process.env.CONSOLE_PICTURES === undefined) return;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}.png`) });
    },
  };
}
