/** A submitted task as the api would write it down, for tests that care for one member of it or none. */
import type { EventData, Limits } from "@pawl/protocol";

export function submission(over: Partial<EventData<"task.submitted">> = {}): EventData<"task.submitted"> {
  return {
    input: { text: "hello", documents: [] },
    agent: "default",
    agent_version: "v1",
    definition: {
      name: "default",
      system: "You are a test.",
      model: "claude-sonnet-5-5",
      tools: [],
      limits: limits(),
      max_tokens_per_call: 1024,
    },
    model: "claude-sonnet-5-5",
    limits: limits(),
    user: null,
    feature: null,
    session_id: null,
    parent_id: null,
    metadata: {},
    webhook_url: null,
    priority: "normal",
    max_attempts: 5,
    delay_ms: null,
    ...over,
  };
}

export function limits(): Limits {
  return {
    max_cost_nano_usd: 500_000_000,
    max_tokens: 500_000,
    max_turns: 50,
    max_tool_calls: 200,
    timeout_ms: 3_600_000,
  };
}
