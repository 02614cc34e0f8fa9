/** Agents that ask once and are done: what is tried is who may ask when. */
import { defineConfig } from "@pawl/agent";

const asker = { system: "You answer briefly.", model: "claude-sonnet-5-5", maxTokensPerCall: 256 };

export default defineConfig({
  agents: { default: asker, backed: { ...asker, fallback: "claude-haiku-5-5" } },
  limits: { seats: { per_user: 1000 } },
});
