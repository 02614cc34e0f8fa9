import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { type Health, type HealthOptions, serveHealth } from "./health.ts";

const open: Health[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((health) => health.close()));
});

async function serve(ready: HealthOptions["ready"], timeoutMs?: number) {
  const bound = timeoutMs === undefined ? {} : { timeoutMs };
  const health = await serveHealth({ port: 0, host: "127.0.0.1", ready, ...bound });
  open.push(health);
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${health.port}${path}`, init);
    const body = await response.text();
    return { status: response.status, headers: response.headers, body: body === "" ? "" : JSON.parse(body) };
  };
  return { health, get };
}

describe("serveHealth", () => {
  it("says that it lives, whatever readiness says", async () => {
    const { get } = await serve(async () => ({ redis: false }));
    expect(await get("/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await get("/healthz?verbose", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("is ready when all it needs is there", async () => {
    const { get } = await serve(async () => ({ redis: true, queue: true }));
    expect(await get("/readyz")).toMatchObject({
      status: 200,
      body: { status: "ready", checks: { redis: true, queue: true } },
    });
  });

  it("is not ready when one thing is missing", async () => {
    const { get } = await serve(async () => ({ redis: false, queue: true }));
    expect(await get("/readyz")).toMatchObject({
      status: 503,
      body: { status: "not_ready", checks: { redis: false, queue: true } },
    });
  });

  it("is not ready when the check fails, and does not say why", async () => {
    const { get } = await serve(() => Promise.reject(new Error("redis://user:swordfish@h refused")));
    const answer = await get("/readyz");
    expect(answer.status).toBe(503);
    expect(JSON.stringify(answer.body)).not.toContain("swordfish");
  });

  it("is not ready when the check throws at once or does not end", async () => {
    const throwing = await serve(() => {
      throw new Error("no");
    });
    expect((await throwing.get("/readyz")).status).toBe(503);
    const hanging = await serve(() => new Promise(() => {}), 10);
    expect((await hanging.get("/readyz")).status).toBe(503);
    expect((await hanging.get("/healthz")).status).toBe(200);
  });

  it("checks once for all who ask meanwhile", async () => {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<Record<string, boolean>>();
    let checks = 0;
    const { health, get } = await serve(() => {
      checks += 1;
      asked.resolve();
      return answered.promise;
    });
    const questions = Array.from({ length: 10 }, () => get("/readyz"));
    await asked.promise;
    const pipelined = connect(health.port, "127.0.0.1");
    pipelined.write(
      "GET /readyz HTTP/1.1\r\nhost: h\r\n\r\nGET /readyz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
    );
    await Promise.all([get("/healthz"), get("/healthz")]);
    answered.resolve({ redis: true });
    const output = await text(pipelined);
    expect(output.match(/200 OK/g)).toHaveLength(2);
    for (const question of questions) expect((await question).status).toBe(200);
    expect(checks).toBeLessThan(4);
  });

  it("refuses other paths and methods", async () => {
    const { get } = await serve(async () => ({}));
    expect((await get("/")).status).toBe(404);
    expect((await get("/__proto__")).status).toBe(404);
    const posted = await get("/healthz", { method: "POST", body: "x".repeat(100_000) });
    expect(posted.status).toBe(405);
    expect(posted.headers.get("allow")).toBe("GET, HEAD");
  });

  it("survives what is not HTTP", async () => {
    const { health, get } = await serve(async () => ({}));
    const socket = connect(health.port, "127.0.0.1");
    socket.write("\u0000nonsense\r\n\r\n");
    expect(await text(socket)).toContain("400 Bad Request");
    expect((await get("/healthz")).status).toBe(200);
  });

  it("rejects where the port is taken", async () => {
    const { health } = await serve(async () => ({}));
    const second = serveHealth({ port: health.port, host: "127.0.0.1", ready: async () => ({}) });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("closes at once though a probe keeps its connection, and may be closed twice", async () => {
    const { health } = await serve(async () => ({}));
    const probe = connect(health.port, "127.0.0.1");
    probe.on("error", () => {});
    await once(probe, "connect");
    const closed = once(probe, "close");
    await Promise.all([health.close(), health.close()]);
    await closed;
  });
});
