/** Agents that do nothing but spend: every answer of the tool costs more to carry along, turn after turn. */
import { type AgentInput, defineConfig, defineTool } from "@pawl/agent";
import { z } from "zod";

const look = defineTool({
  name: "look",
  description: "Looks up a number. Ask as often as you like.",
  input: z.strictObject({ limit: z.int().min(1).max(100) }),
  effect: "read",
  run: ({ limit }) => `Number ${limit}: ${"what was found, at some length. ".repeat(4 + (limit % 20))}`,
});

const spender: AgentInput = {
  system: "You look things up.",
  model: "claude-sonnet-5-5",
  tools: ["look"],
  maxTokensPerCall: 512,
  // Money alone is to end them.
  loops: false,
};

export default defineConfig({
  agents: { default: { system: spender.system, model: spender.model }, spender },
  tools: [look],
  // All of a user's tasks at once: the accounts decide, not the seats.
  limits: { seats: { per_user: 1000 } },
});
