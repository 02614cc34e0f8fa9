/**
 * The agent under fire: one tool of every effect. Each act leaves a line in a file that outlives every process,
 * half way through the call: a blow may fall before the act, after it, or after its result was recorded.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { defineConfig, defineTool, type Tool } from "@pawl/agent";
import { z } from "zod";

function witnessed(name: string, effect: Tool["effect"]): Tool {
  return defineTool({
    name,
    description: `Acts with effect ${effect}.`,
    input: z.strictObject({ n: z.number(), takes_ms: z.number() }),
    effect,
    async run({ n, takes_ms }, ctx) {
      await delay(takes_ms / 2, undefined, { signal: ctx.signal });
      const act = {
        tool: name,
        n,
        task: ctx.taskId,
        key: ctx.idempotencyKey,
        atMs: ctx.nowMs(),
        pid: process.pid,
      };
      appendFileSync(join(process.env.PAWL_DATA_DIR ?? ".pawl", "acts.jsonl"), `${JSON.stringify(act)}\n`);
      await delay(takes_ms / 2, undefined, { signal: ctx.signal });
      return { name, n };
    },
  });
}

const system = "You do what the script says.";
const model = "claude-sonnet-5-5";

export default defineConfig({
  agents: {
    default: { system, model },
    actor: { system, model, tools: ["look", "put", "send"] },
  },
  tools: [witnessed("look", "read"), witnessed("put", "idempotent"), witnessed("send", "write")],
});
