/** `pawl keys revoke KEY`. */
import { keyId } from "../api/ids.ts";
import { defineCommand } from "../command-line/command.ts";
import { exitCodes } from "../command-line/fault.ts";

export const keysRevokeCommand = defineCommand({
  name: "keys revoke",
  about: "Take an API key away; it is refused within seconds.",
  asksApi: true,
  arguments: [{ name: "KEY_ID", about: "A key's id, `key_…`; not the key itself." }],
  examples: [{ about: "By its id", line: "pawl keys revoke key_3f1c2a9b8d7e6f5041322314" }],
  async run({ api, args, out, json, signal }) {
    const id = keyId(args[0]);
    await api().deleteApiKey(id, { signal });
    if (json) out.json({ id, revoked: true });
    else out.line(`${id} is revoked.`);
    return exitCodes.ok;
  },
});
