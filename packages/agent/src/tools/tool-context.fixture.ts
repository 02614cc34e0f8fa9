// A tool's context for tests: quiet, at a fixed moment, with nothing opened to the network.

import type { ToolContext } from "../define-tool.ts";
import { createEgressGuard } from "../egress/egress-guard.ts";

export function toolContext(overrides: Partial<ToolContext> = {}): ToolContext {
  return {
    signal: new AbortController().signal,
    idempotencyKey: "call-1",
    user: undefined,
    tenant: "default",
    taskId: "task_1",
    documents: [],
    log: { info: () => {}, warn: () => {}, error: () => {} },
    nowMs: () => Date.UTC(2026, 10, 22, 15, 4, 5),
    egress: createEgressGuard({ allow: [] }),
    allowedHosts: undefined,
    reportCost: () => {},
    ...overrides,
  };
}
