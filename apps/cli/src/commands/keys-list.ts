/** `pawl keys list`: which there are, without their secrets. */
import type { ApiKey } from "@pawl/client";
import { gather } from "../api/open-api.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";
import { ago } from "../terminal/amounts.ts";
import { tableLines } from "../terminal/table.ts";

const USUAL = 50;

export const keysListCommand = defineCommand({
  name: "keys list",
  about: "List API keys, without the keys themselves.",
  asksApi: true,
  options: {
    tenant: { type: "text", value: "NAME", about: "Only this tenant's." },
    limit: { type: "count", value: "N", about: `How many at most. Else ${USUAL}.` },
  },
  examples: [{ about: "Which are used no more", line: "pawl keys list --tenant acme" }],
  async run({ api, options, out, json, nowMs, signal }) {
    const pawl = api();
    const page = await gather(options.limit ?? USUAL, undefined, (size, from) =>
      pawl.apiKeys({ tenant: options.tenant }, { limit: size, signal }).page(from),
    );
    if (json) {
      out.json(page);
      return exitCodes.ok;
    }
    if (page.data.length === 0) {
      out.line("There are no keys beside the admin key. Make one: pawl keys create TENANT");
      return exitCodes.ok;
    }
    const columns = [
      { title: "ID", cell: (key: ApiKey) => key.id },
      { title: "TENANT", cell: (key: ApiKey) => key.tenant },
      { title: "NAME", rare: true as const, cell: (key: ApiKey) => key.name ?? "" },
      { title: "SCOPES", cell: (key: ApiKey) => key.scopes.join(", ") },
      { title: "CREATED", cell: (key: ApiKey) => ago(key.created_at, nowMs()) },
      {
        title: "LAST USED",
        cell: (key: ApiKey) => (key.last_used_at === null ? "never" : ago(key.last_used_at, nowMs())),
      },
    ];
    for (const line of tableLines(out, columns, page.data)) out.line(line);
    return exitCodes.ok;
  },
});
