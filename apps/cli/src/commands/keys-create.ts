/** `pawl keys create TENANT`: the key is shown this once. */
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";

export const keysCreateCommand = defineCommand({
  name: "keys create",
  about: "Make an API key for a tenant, which comes into being with its first; shown once.",
  asksApi: true,
  arguments: [{ name: "TENANT", about: "Lower-case letters, digits, - and _." }],
  options: {
    name: { type: "text", value: "NAME", about: "What it is for, to tell it from the others." },
    scope: {
      type: "text",
      choices: ["tasks", "admin"],
      about: "What it may do. admin: tasks and keys. Else tasks.",
    },
  },
  examples: [
    { about: "A key for a customer's backend", line: "pawl keys create acme --name production" },
    {
      about: "Straight into a variable",
      line: "export PAWL_API_KEY=$(pawl keys create acme --json | jq -r .key)",
    },
  ],
  async run({ api, args, options, out, json, signal }) {
    const scopes: ("tasks" | "admin")[] = options.scope === "admin" ? ["tasks", "admin"] : ["tasks"];
    const body = {
      tenant: args[0] ?? "",
      scopes,
      ...(options.name === undefined ? {} : { name: options.name }),
    };
    const made = await api().createApiKey(body, { signal });
    if (json) {
      out.json(made);
      return exitCodes.ok;
    }
    out.line(made.key);
    if (made.webhook_secret !== undefined) out.line(`webhook secret: ${made.webhook_secret}`);
    out.errorLine(
      `Key ${made.id} of tenant ${made.tenant}, for ${made.scopes.join(" and ")}. It is shown this once.`,
    );
    return exitCodes.ok;
  },
});
