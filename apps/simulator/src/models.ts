// GET /v1/models: the names the SDK knows. Any other "claude-…" is served, too; the list is for show and for tests.
// Limits are null because the simulator has none.

const NAMES = [
  "fable-5-2",
  "mythos-5-2",
  "haiku-5-5",
  "sonnet-5-5",
  "fable-5-1",
  "opus-5-5",
  "mythos-5-1",
  "sonnet-5",
  "fable-5",
  "opus-5",
  "opus-4-6",
  "sonnet-4-6",
  "haiku-4-5",
  "sonnet-4-5",
];

export type ModelInfo = ReturnType<typeof modelInfo>;

export const listModels = (): ModelInfo[] => NAMES.map((name) => modelInfo(`claude-${name}`));

/** undefined: no such model, by the same rule as POST /v1/messages. */
export function findModel(id: string): ModelInfo | undefined {
  return id.startsWith("claude-") ? modelInfo(id) : undefined;
}

function modelInfo(id: string) {
  const isLeaving = id.startsWith("claude-sonnet-4-5");
  const line = /^claude-(haiku|sonnet|opus|fable|mythos)-/.exec(id)?.[1] ?? null;
  return {
    id,
    type: "model",
    display_name: `${id} (simulated)`,
    created_at: "2026-01-01T00:00:00Z",
    capabilities: null,
    lifecycle: isLeaving ? "deprecated" : "active",
    deprecated_at: null,
    retires_at: isLeaving ? "2026-11-30T00:00:00Z" : null,
    line,
    max_input_tokens: null,
    max_tokens: null,
  };
}
