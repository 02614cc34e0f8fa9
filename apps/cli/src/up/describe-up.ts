/**
 * What `npm start` says of itself, as text for a person at a terminal.
 */
import { join } from "node:path";
import type { LockHolder } from "@pawl/local-redis";
import type { LocalSecrets } from "./local-secrets.ts";
import type { Asked } from "./sample-task.ts";
import type { UpSettings } from "./settings.ts";

/** Said by a second start; asks the first one for its health, so that a sick one is not called well. */
export async function describeRunning(holder: LockHolder | undefined): Promise<string> {
  if (!holder?.note) {
    const who = holder ? ` (process ${holder.pid})` : "";
    return `Pawl is being started here already${who}. Nothing was touched.`;
  }
  const health = await fetch(`${holder.note}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  );
  const state = health?.ok ? "" : ", though its api does not answer at this moment";
  return `Pawl is already running at ${holder.note} (process ${holder.pid})${state}. Nothing was touched; end that one with Ctrl-C.`;
}

export function describeModel(settings: UpSettings): string {
  if (settings.ANTHROPIC_BASE_URL) return `Model: the Messages API at ${settings.ANTHROPIC_BASE_URL}`;
  if (settings.ANTHROPIC_API_KEY)
    return "Model: Anthropic (ANTHROPIC_API_KEY is set; tasks cost real money, within their budgets)";
  return "Model: no ANTHROPIC_API_KEY: a simulator stands in for the model";
}

export function describeServing(about: {
  url: string;
  consoleUrl: string;
  settings: UpSettings;
  secrets: LocalSecrets;
  /** The task of the examples. */
  next: Asked;
}): string {
  const { url, consoleUrl, settings, secrets, next } = about;
  // A key that the user gave is the user's secret: it is not put on a screen.
  const isGiven = settings.PAWL_ADMIN_KEY !== undefined;
  const key = isGiven ? "$PAWL_ADMIN_KEY" : secrets.PAWL_ADMIN_KEY;
  const flags = (["agent", "user"] as const).flatMap((name) =>
    next[name] === undefined ? [] : [` --${name} ${next[name]}`],
  );
  return [
    "",
    "Pawl is running.",
    `  Console  ${consoleUrl}`,
    `  API      ${url}`,
    `  Queues   ${url}/admin/queues (Bull Board; log in with the API key)`,
    `  API key  ${isGiven ? "the one in PAWL_ADMIN_KEY" : key}`,
    `  Logs     ${join(settings.dataDir, "logs")}`,
    "  Docs     README.md, docs/",
    "Submit a task, then ask for it by its id:",
    `  curl -s ${url}/v1/tasks -H "Authorization: Bearer ${key}" -H "content-type: application/json" \\`,
    `    -d '${JSON.stringify(next)}'`,
    `  curl -s ${url}/v1/tasks/ID -H "Authorization: Bearer ${key}"`,
    "Or watch it, in another terminal here:",
    `  npx pawl run "${next.input}"${flags.join("")} --watch`,
    "Ctrl-C ends all of it.",
  ].join("\n");
}
