import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { newId } from "@pawl/protocol";
import { globalKeys } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { type Answer, type Call, ownApi } from "./own-api.fixture.ts";

const api = await ownApi();
const missing = newId("task", Date.now());

/** Everything Redis holds, except that a tenant is known. */
async function keysInRedis(): Promise<string[]> {
  const keys = await api.store.redis.keys("*");
  return keys.filter((key) => !/^\{pawl\}:pawl-[a-z-]+:meta$/.test(key) && key !== globalKeys.tenants);
}

function expectProblem(answer: Answer, status: number, code?: string): void {
  expect(answer).toMatchObject({ status });
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^\/problems\/[a-z_]+$/),
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/./),
    code: code ?? expect.any(String),
    request_id: answer.headers.get("x-request-id"),
  });
}

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const task = (members: string) => `{"input":"x",${members}}`;

describe("POST /v1/tasks refuses, and leaves nothing behind,", () => {
  const bodies: [what: string, body: unknown, status: number, pointer?: string][] = [
    ["an empty body", "", 400],
    ["a body that is not JSON", "{input:1}", 400],
    ["half a body", '{"input":"x"', 400],
    ["two values", "{} {}", 400],
    ["bytes that are not UTF-8", Buffer.from('{"input":"\xff\xfe"}', "latin1"), 400],
    ["an overlong UTF-8 form", Buffer.from([0x22, 0xc0, 0x80, 0x22]), 400],
    ["null", "null", 400, ""],
    ["a list", "[]", 400, ""],
    ["a number", "7", 400, ""],
    ["no input", "{}", 400, "/input"],
    ["an empty input", '{"input":""}', 400, "/input"],
    ["an input of a wrong type", '{"input":7}', 400, "/input"],
    ["an input without text", '{"input":{"documents":[]}}', 400, "/input/text"],
    [
      "a document without text",
      '{"input":{"text":"x","documents":[{"name":"a"}]}}',
      400,
      "/input/documents/0/text",
    ],
    [
      "two documents of one name",
      {
        input: {
          text: "x",
          documents: [
            { name: "a", text: "" },
            { name: "a", text: "" },
          ],
        },
      },
      400,
      "/input/documents",
    ],
    ["an unknown member", task('"inputs":1'), 400, "/inputs"],
    ["a member of a later issue", task('"output_schema":{}'), 400, "/output_schema"],
    ["another one", task('"on_conflict":"queue"'), 400, "/on_conflict"],
    ["an unknown member further in", task('"budget":{"max_usd":1}'), 400, "/budget/max_usd"],
    ["a lone surrogate", '{"input":"\\ud800"}', 400, "/input"],
    ["a lone surrogate in metadata", task('"metadata":{"a":["\\udfff"]}'), 400, "/metadata/a/0"],
    ["a NUL", '{"input":"a\\u0000b"}', 400, "/input"],
    ["a NUL in a name", task('"metadata":{"a\\u0000":1}'), 400],
    ["__proto__", '{"input":"x","__proto__":{"agent":"frugal"}}', 400, "/__proto__"],
    ["__proto__ further in", task('"metadata":{"a":{"__proto__":{}}}'), 400, "/metadata/a/__proto__"],
    ["constructor", task('"metadata":{"constructor":1}'), 400, "/metadata/constructor"],
    ["an agent that is not there", task('"agent":"nobody"'), 400, "/agent"],
    ["an agent that every object has", task('"agent":"toString"'), 400, "/agent"],
    ["an empty agent", task('"agent":""'), 400, "/agent"],
    ["a tool that is not there", task('"tools":["calculator","rm"]'), 400, "/tools/1"],
    ["a tool that the agent is not granted", task('"tools":["fetch_url"]'), 400, "/tools/0"],
    ["tools of a wrong type", task('"tools":"calculator"'), 400, "/tools"],
    ["a model without a price", task('"model":"gpt-99"'), 400, "/model"],
    ["a negative budget", task('"budget":{"max_cost_usd":-1}'), 400, "/budget/max_cost_usd"],
    ["a budget of nothing", task('"budget":{"max_cost_usd":0}'), 400, "/budget/max_cost_usd"],
    ["a budget below the least money", task('"budget":{"max_cost_usd":1e-12}'), 400, "/budget/max_cost_usd"],
    ["a boundless budget", task('"budget":{"max_cost_usd":1e999}'), 400, "/budget/max_cost_usd"],
    ["a budget of more than there is", task('"budget":{"max_cost_usd":1e9}'), 400, "/budget/max_cost_usd"],
    ["NaN", task('"budget":{"max_cost_usd":NaN}'), 400],
    ["a budget as text", task('"budget":{"max_cost_usd":"1"}'), 400, "/budget/max_cost_usd"],
    ["half a turn", task('"budget":{"max_turns":1.5}'), 400, "/budget/max_turns"],
    ["no time", task('"budget":{"timeout_ms":0}'), 400, "/budget/timeout_ms"],
    ["a webhook that is no URL", task('"webhook_url":"nope"'), 400, "/webhook_url"],
    ["a webhook over plain http", task('"webhook_url":"http://example.com/h"'), 400, "/webhook_url"],
    ["a webhook to a private address", task('"webhook_url":"https://10.0.0.1/h"'), 400, "/webhook_url"],
    [
      "a webhook to the metadata service",
      task('"webhook_url":"http://169.254.169.254/"'),
      400,
      "/webhook_url",
    ],
    ["a webhook with a password", task('"webhook_url":"https://a:b@example.com/"'), 400, "/webhook_url"],
    ["a webhook that is no web", task('"webhook_url":"file:///etc/passwd"'), 400, "/webhook_url"],
    ["a time without an offset", task('"run_at":"2030-01-01T00:00:00"'), 400, "/run_at"],
    ["a time too far ahead", task('"run_at":"2099-01-01T00:00:00Z"'), 400, "/run_at"],
    ["two times", task('"run_at":"2026-12-01T00:00:00Z","delay_ms":5'), 400, "/run_at"],
    ["a negative delay", task('"delay_ms":-1'), 400, "/delay_ms"],
    ["a delay without end", task('"delay_ms":1e300'), 400, "/delay_ms"],
    ["a priority that is not there", task('"priority":"urgent"'), 400, "/priority"],
    ["no attempts", task('"max_attempts":0'), 400, "/max_attempts"],
    ["a user with a line break", task('"user":"a\\nb"'), 400, "/user"],
    ["a user without measure", { input: "x", user: "u".repeat(201) }, 400, "/user"],
    ["metadata of a wrong type", task('"metadata":[]'), 400, "/metadata"],
    ["metadata without measure", { input: "x", metadata: { a: "m".repeat(20_000) } }, 400, "/metadata"],
    ["nesting of 65 levels", task(`"metadata":{"a":${deep(63)}}`), 400, ""],
    ["nesting without measure", "[".repeat(60_000), 400, ""],
    ["nested objects without measure", '{"a":'.repeat(12_000), 400, ""],
    ["a body over the limit", { input: "x".repeat(70_000) }, 413],
  ];
  it.each(bodies)("%s", async (_what, body, status, pointer) => {
    const answer = await api.call("/v1/tasks", { body, headers: { "idempotency-key": "k" } });
    expectProblem(answer, status);
    if (pointer !== undefined) {
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    }
    expect(await keysInRedis()).toEqual([]);
  });

  const requests: [what: string, call: Call, status: number][] = [
    ["no content type", { headers: { "content-type": "" }, body: "{}" }, 415],
    ["a form", { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "input=x" }, 415],
    ["another charset", { headers: { "content-type": "application/json; charset=utf-16" }, body: "{}" }, 415],
    ["a compressed body", { headers: { "content-encoding": "gzip" }, body: "{}" }, 415],
    ["no body", { method: "POST" }, 415],
    ["an empty key", { headers: { "idempotency-key": "" }, body: { input: "x" } }, 400],
    ["a key without measure", { headers: { "idempotency-key": "k".repeat(256) }, body: { input: "x" } }, 400],
    ["a key that is not ASCII", { headers: { "idempotency-key": "caf\xe9" }, body: { input: "x" } }, 400],
    ["no API key", { key: null, body: { input: "x" } }, 401],
    ["an unknown API key", { key: "pawl_nobody", body: { input: "x" } }, 401],
    ["an API key that is none", { key: "a b", body: { input: "x" } }, 401],
  ];
  it.each(requests)("%s", async (_what, call, status) => {
    const answer = await api.call("/v1/tasks", call);
    expectProblem(answer, status);
    if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await keysInRedis()).toEqual([]);
  });

  it("a body that grows too large without having announced it", async () => {
    const chunks = Array.from({ length: 100 }, () => new TextEncoder().encode(" ".repeat(1024)));
    const answer = await api.call("/v1/tasks", { body: ReadableStream.from(chunks) });
    expectProblem(answer, 413, "body_too_large");
    expect(await keysInRedis()).toEqual([]);
  });

  it("a caller without a key before his body is looked at", async () => {
    expectProblem(await api.call("/v1/tasks", { key: null, body: "x".repeat(70_000) }), 401, "unauthorized");
  });

  it("all faults together, and never with the value", async () => {
    const body = { input: "", user: 7, budget: { max_turns: -1 }, tools: ["hunter2"], agent: "default" };
    const answer = await api.call("/v1/tasks", { body });
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers.sort()).toEqual(["/budget/max_turns", "/input", "/user"]);
    expect(answer.text).not.toContain("hunter2");
  });

  it("no more faults than anybody can read", async () => {
    const body = { input: "x", tools: Array.from({ length: 100 }, () => 7) };
    expect((await api.call("/v1/tasks", { body })).body.errors).toHaveLength(50);
  });
});

describe("nesting of 64 levels", () => {
  it("is still a body", async () => {
    const answer = await api.call("/v1/tasks", { body: task(`"metadata":{"a":${deep(62)}}`) });
    expect(answer.status).toBe(202);
  });
});

describe("routes refuse", () => {
  const requests: [path: string, call: Call, status: number][] = [
    ["/", {}, 404],
    ["/v1", {}, 404],
    ["/v1/nothing", {}, 404],
    ["/V1/tasks", {}, 404],
    ["/v1/chat", { body: {} }, 404],
    ["/v1/approvals", {}, 404],
    ["/v1/sessions", {}, 404],
    [`/v1/tasks/${missing}/reply`, { body: { text: "x" } }, 404],
    ["/openapi.json?x=1", { key: null }, 400],
    ["/docs?x=1", { key: null }, 400],
    ["/v1/agents?x=1", {}, 400],
    ["/v1/queues?x=1", {}, 400],
    ["/v1/api-keys?tenant=A", {}, 400],
    ["/v1/api-keys?cursor=x", {}, 400],
    ["/v1/api-keys/key_1", { method: "DELETE" }, 404],
    ["/v1/budgets?cursor=x", {}, 400],
    ["/v1/tasks/%", {}, 400],
    ["/v1/tasks/%ff", {}, 400],
    ["/v1/tasks/task_%00", {}, 404],
    [`/v1/tasks/${missing}`, {}, 404],
    ["/v1/tasks/task_short", {}, 404],
    ["/v1/tasks/..%2f..%2fhealthz", {}, 404],
    [`/v1/tasks/${missing}/events`, {}, 404],
    [`/v1/tasks/${missing}/events?after=5`, {}, 404],
    [`/v1/tasks/${missing}/events`, { headers: { accept: "text/event-stream" } }, 404],
    [`/v1/tasks/${missing}/events`, { headers: { accept: "text/event-stream", "last-event-id": "x" } }, 400],
    [`/v1/tasks/${missing}/cancel`, { method: "POST" }, 404],
    [`/v1/tasks/${missing}/cancel`, { body: { why: "x" } }, 400],
    [`/v1/tasks/${missing}/cancel`, { body: "[" }, 400],
    [`/v1/tasks/${missing}/resume`, { method: "POST" }, 404],
    [`/v1/tasks/${missing}/resume`, { body: { budget: { max_turns: 0 } } }, 400],
    [`/v1/tasks/${missing}/resume`, { body: null }, 400],
    ["/v1/deliveries/dlv_x", {}, 404],
    [`/v1/deliveries/${newId("dlv", 1)}`, {}, 404],
    [`/v1/deliveries/${newId("dlv", 1)}/redeliver`, { method: "POST" }, 404],
    ["/v1/tasks?limit=0", {}, 400],
    ["/v1/tasks?limit=101", {}, 400],
    ["/v1/tasks?limit=-1", {}, 400],
    ["/v1/tasks?limit=1e1", {}, 400],
    ["/v1/tasks?limit=", {}, 400],
    ["/v1/tasks?limit=1&limit=2", {}, 400],
    ["/v1/tasks?status=done", {}, 400],
    ["/v1/tasks?stop_reason=tired", {}, 400],
    ["/v1/tasks?user=", {}, 400],
    ["/v1/tasks?user=%00", {}, 400],
    ["/v1/tasks?colour=red", {}, 400],
    ["/v1/tasks?status[]=queued", {}, 400],
    ["/v1/tasks?__proto__=x", {}, 400],
    ["/v1/tasks?cursor=", {}, 400],
    ["/v1/tasks?cursor=%2B", {}, 400],
    [`/v1/tasks?cursor=${Buffer.from("(x").toString("base64url")}`, {}, 400],
    [`/v1/tasks?cursor=${Buffer.from(`${missing}x`).toString("base64url")}`, {}, 400],
    [`/v1/tasks/${missing}?verbose=1`, {}, 400],
    [`/v1/tasks/${missing}/events?limit=1001`, {}, 400],
    [`/v1/tasks/${missing}/events?after=-1`, {}, 400],
    [`/v1/tasks/${missing}/events?after=1&cursor=MQ`, {}, 400],
    ["/v1/tasks?wait=5", { body: { input: "x" } }, 400],
    [`/v1/tasks/${missing}/cancel?force=1`, { method: "POST" }, 400],
    ["/v1/deliveries?task=x", {}, 400],
    ["/v1/deliveries?cursor=x", {}, 400],
    ["/v1/api-keys", { body: { tenant: "A" } }, 400],
    ["/v1/api-keys", { body: { tenant: "a}b" } }, 400],
    ["/v1/api-keys", { body: { tenant: "a", scopes: ["root"] } }, 400],
    ["/v1/api-keys", { body: { tenant: "a", scopes: [] } }, 400],
    ["/v1/api-keys", { body: { tenant: "a", key: "mine" } }, 400],
    ["/v1/api-keys", { body: {} }, 400],
  ];
  it.each(requests)("%s %j", async (path, call, status) => {
    expectProblem(await api.call(path, call), status);
  });

  it.each([
    ["DELETE", "/v1/tasks", "GET, HEAD, POST"],
    ["OPTIONS", "/v1/tasks", "GET, HEAD, POST"],
    ["PUT", `/v1/tasks/${missing}`, "GET, HEAD"],
    ["GET", `/v1/tasks/${missing}/cancel`, "POST"],
    ["POST", "/healthz", "GET, HEAD"],
    ["PATCH", "/v1/api-keys", "GET, HEAD, POST"],
    ["GET", "/v1/api-keys/key_1", "DELETE"],
  ])("%s %s with what it serves", async (method, path, allow) => {
    const answer = await api.call(path, { method });
    expectProblem(answer, 405, "method_not_allowed");
    expect(answer.headers.get("allow")).toBe(allow);
  });
});

describe("what never reaches a route is a problem as well", () => {
  async function send(bytes: string): Promise<string> {
    const socket = connect(api.port, "127.0.0.1");
    await once(socket, "connect");
    // Node takes a half-closed connection for a caller who has gone.
    socket.write(bytes);
    return text(socket);
  }
  const head = (lines: string[]) => `${lines.join("\r\n")}\r\nhost: x\r\nconnection: close\r\n`;

  it.each([
    ["no HTTP at all", "hello\r\n\r\n", 400],
    [
      "two lengths",
      `${head(["POST /v1/tasks HTTP/1.1", "content-length: 1", "content-length: 2"])}\r\n{}`,
      400,
    ],
    ["a head without measure", `${head(["GET / HTTP/1.1", `x: ${"x".repeat(20_000)}`])}\r\n`, 431],
  ])("%s", async (_what, bytes, status) => {
    const answer = await send(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain("application/problem+json");
    expect(answer).toMatch(/x-request-id: req_/);
  });

  it.each([
    ["two API keys", ["GET /v1/tasks HTTP/1.1", "authorization: Bearer a", "authorization: Bearer b"], 401],
    [
      "two Idempotency-Keys",
      [
        "POST /v1/tasks HTTP/1.1",
        "authorization: Bearer test-admin-key-0123456789",
        "idempotency-key: a",
        "idempotency-key: b",
      ],
      400,
    ],
    ["an absolute address", ["GET http://elsewhere/v1/nothing HTTP/1.1", "authorization: Bearer a"], 401],
    ["an address of stars", ["OPTIONS * HTTP/1.1"], 404],
  ])("%s", async (_what, lines, status) => {
    expect(await send(`${head(lines)}\r\n`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});

describe("x-request-id", () => {
  it("is the caller's own where it is short and harmless", async () => {
    const answer = await api.call("/healthz", { headers: { "x-request-id": "abc-1" } });
    expect(answer.headers.get("x-request-id")).toBe("abc-1");
  });

  it.each([["<script>"], ["x".repeat(129)], ["a b"]])("is one of ours in place of %s", async (given) => {
    const answer = await api.call("/nothing", { headers: { "x-request-id": given } });
    expect(answer.headers.get("x-request-id")).toMatch(/^req_[0-9a-z]{26}$/);
    expect(answer.body.request_id).toBe(answer.headers.get("x-request-id"));
  });
});

it("no request of this file was a fault of ours", async () => {
  expect((await api.logged()).join("\n")).not.toContain('"a request failed"');
});
