/** An API of a test file's own: the real app on a free loopback port, over a real Redis; and a worker's hands. */

import { join } from "node:path";
import { PassThrough } from "node:stream";
import { createEgressGuard } from "@pawl/agent";
import { newId, type StopReason, type TerminalStatus } from "@pawl/protocol";
import { createLog } from "@pawl/service";
import { claimTask, openNotices, type Step, type Store, stepTask } from "@pawl/store";
import { afterAll } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import type { ApiDeps } from "./api-deps.ts";
import { createApp } from "./app.ts";
import config from "./config.fixture.ts";
import { whyNotConforming } from "./conformity.fixture.ts";
import { listen } from "./http-server.ts";

export const ADMIN_KEY = "test-admin-key-0123456789";

export type Call = {
  method?: string;
  key?: string | null;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is text or bytes already. */
  body?: unknown;
  signal?: AbortSignal;
};

export async function ownApi(over: Partial<ApiDeps> = {}) {
  const store = await ownStore();
  const notices = openNotices(store, () => {});
  const closing = new AbortController();
  const output = new PassThrough();
  const logged: string[] = [];
  output.on("data", (chunk: Buffer) => logged.push(chunk.toString()));
  const deps: ApiDeps = {
    store,
    notices,
    config,
    egress: createEgressGuard({ allow: ["127.0.0.1", "hooks.internal"] }),
    log: createLog({ process: "api", level: "debug", stream: output, isTerminal: false }),
    consoleDir: join(import.meta.dirname, "no-console"),
    adminKey: ADMIN_KEY,
    maxBodyBytes: 64 * 1024,
    nowMs: Date.now,
    notReady: async () => null,
    closing: closing.signal,
    ...over,
  };
  const server = await listen(createApp(deps), { host: "127.0.0.1", port: 0, nowMs: Date.now });
  afterAll(async () => {
    closing.abort();
    notices.close();
    await server.close();
  });
  const url = `http://127.0.0.1:${server.port}`;

  const open = (path: string, { method, key = ADMIN_KEY, headers = {}, body, signal }: Call = {}) => {
    const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
    const sent = isRaw ? body : JSON.stringify(body);
    return fetch(url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      redirect: "manual",
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: sent, duplex: "half" as const }),
      ...(signal === undefined ? {} : { signal }),
    });
  };
  const call = async (path: string, options: Call = {}) => {
    const response = await open(path, options);
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const isJson = /json/.test(type);
    // Every answer that a test sees is what the OpenAPI document says.
    const method = options.method ?? (options.body === undefined ? "GET" : "POST");
    const fault = whyNotConforming(method, path, { status: response.status, type, text });
    if (fault !== undefined) throw new Error(`${method} ${path} answered ${text}: ${fault}`);
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  };
  const submit = async (body: Record<string, unknown> = {}, options: Call = {}): Promise<string> => {
    const answer = await call("/v1/tasks", { body: { input: "hello", ...body }, ...options });
    if (answer.status !== 202) throw new Error(`not submitted: ${answer.text}`);
    return answer.body.id;
  };
  const keyFor = async (tenant: string, scopes: string[] = ["tasks"]): Promise<string> =>
    (await call("/v1/api-keys", { body: { tenant, scopes } })).body.key;
  return {
    ...deps,
    url,
    port: server.port,
    open,
    call,
    submit,
    keyFor,
    close: () => closing.abort(),
    /** The lines so far, the last ones too. */
    async logged(): Promise<string[]> {
      await deps.log.flush();
      return logged.join("").split("\n");
    },
  };
}
export type OwnApi = Awaited<ReturnType<typeof ownApi>>;
export type Answer = Awaited<ReturnType<OwnApi["call"]>>;

/** What a worker does to a task: claims it and takes steps. */
export async function work(store: Store, tenant: string, task: string, leg = 1) {
  const started = { worker: "w", leg, model_provider: "test" };
  const claim = await claimTask(store, { tenant, task, leg, start: 1, started });
  if (claim.kind !== "claimed") throw new Error(`not claimed: ${claim.status}`);
  let n = 0;
  const step = (facts: Step["facts"], transition: Step["transition"] = { to: "running" }) => {
    n += 1;
    const { epoch } = claim;
    return stepTask(store, { tenant, task, epoch, n, cursor: 0, settled: [], facts, transition });
  };
  return {
    say: (message: string) => step([{ type: "limit.warned", data: { limit: "max_turns", message } }]),
    complete: (text = "done") =>
      step(
        [
          {
            type: "model.responded",
            data: {
              call: "m1",
              model: "claude-sonnet-5-5",
              message_id: "msg_1",
              content: [{ type: "text", text }],
              stop_reason: "end_turn",
              usage: { input_tokens: 1, output_tokens: 2, cache_read_tokens: 0, cache_write_tokens: 0 },
              cost_nano_usd: 0,
              duration_ms: 1,
            },
          },
          { type: "task.completed", data: { stop_reason: "end_turn" } },
        ],
        ending("completed", "end_turn"),
      ),
    stop: (reason: "max_turns" | "budget_reached" | "deadline" | "loop_detected" | "refusal") =>
      step(
        [{ type: "task.stopped", data: { stop_reason: reason, message: "stopped" } }],
        ending("stopped", reason),
      ),
    fail: () =>
      step(
        [
          {
            type: "task.failed",
            data: { stop_reason: "permanent_error", error: { code: "model_rejected", message: "no" } },
          },
        ],
        ending("failed", "permanent_error"),
      ),
  };
}

function ending(to: TerminalStatus, stopReason: StopReason): Step["transition"] {
  return { to, stopReason, deliveryId: newId("dlv", Date.now()) };
}
