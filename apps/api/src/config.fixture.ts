/** The configuration that the api's tests run under. */
import { defineConfig } from "@pawl/agent";

export default defineConfig({
  agents: {
    default: { system: "SYSTEM-PROMPT", model: "claude-sonnet-5-5", tools: ["calculator", "current_time"] },
    frugal: { system: "You are frugal.", model: "claude-haiku-5-5", budget: { max_cost_usd: 0.01 } },
  },
});
