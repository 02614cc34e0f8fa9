/** A task is followed over restarts and broken wires: every event once, in order, to the end. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { publishText } from "@pawl/store";
import { describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "../../../apps/api/src/app.ts";
import { ADMIN_KEY, ownApi, work } from "../../../apps/api/src/own-api.fixture.ts";
import { createPawl, type Event } from "./index.ts";

const api = await ownApi();

/** An api process as far as a client can tell: it can end in good order, or with a blow. */
async function startApi(port = 0) {
  const closing = new AbortController();
  const server: Server = createServer(createApp({ ...api, closing: closing.signal, heartbeatMs: 50 }));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async end(how: "orderly" | "blow") {
      const closed = once(server, "close");
      server.close();
      if (how === "orderly") {
        closing.abort();
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 200).unref();
      } else server.closeAllConnections();
      await closed;
      closing.abort();
    },
  };
}

function clientOf(port: number) {
  return createPawl({ baseUrl: `http://127.0.0.1:${port}`, apiKey: ADMIN_KEY });
}

async function collect(stream: AsyncIterable<Event>, seen: Event[] = []): Promise<Event[]> {
  for await (const event of stream) seen.push(event);
  return seen;
}

const countTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

describe("a stream", () => {
  it("over 20 restarts of the api has every event once, in order", async () => {
    const RESTARTS = 20;
    let running = await startApi();
    onTestFinished(() => running.end("blow"));
    const { port } = running;
    const id = await api.submit();
    const hands = await work(api.store, "default", id);
    const seen: Event[] = [];
    const following = collect(clientOf(port).stream(id), seen);
    let written = 2;
    for (let n = 0; n < RESTARTS; n += 1) {
      for (let k = 0; k < 4; k += 1) await hands.say(`note ${n}.${k}`);
      written += 4;
      // Not before it was heard of: every restart breaks a connection that lives.
      const heard = written - 2;
      await expect.poll(() => seen.length, { interval: 10, timeout: 15_000 }).toBeGreaterThanOrEqual(heard);
      await running.end(n % 2 === 0 ? "orderly" : "blow");
      await hands.say(`while it was away ${n}`);
      written += 1;
      running = await startApi(port);
    }
    await hands.complete();
    written += 2;
    await following;
    expect(seen.map(({ seq }) => seq)).toEqual(countTo(written));
    expect(seen.at(-1)?.type).toBe("task.completed");
  });

  it("that was begun after the end has nothing, and ends", async () => {
    const id = await api.submit();
    await (await work(api.store, "default", id)).complete();
    const pawl = clientOf(api.port);
    const all = await collect(pawl.stream(id));
    expect(all.map(({ seq }) => seq)).toEqual(countTo(all.length));
    expect(await collect(pawl.stream(id, { after: all.length }))).toEqual([]);
    expect(await collect(pawl.stream(id, { after: 2 }))).toEqual(all.slice(2));
  });

  it("goes on where a task that had ended was taken up again", async () => {
    const id = await api.submit();
    await (await work(api.store, "default", id)).stop("loop_detected");
    const pawl = clientOf(api.port);
    await pawl.resume(id);
    const following = collect(pawl.stream(id));
    await (await work(api.store, "default", id, 2)).complete();
    const types = (await following).map(({ type }) => type);
    expect(types).toContain("task.stopped");
    expect(types.at(-1)).toBe("task.completed");
  });

  it("tells the words as they are written", async () => {
    const id = await api.submit();
    const hands = await work(api.store, "default", id);
    const words: string[] = [];
    const following = collect(clientOf(api.port).stream(id, { onText: (text) => words.push(text) }));
    await expect
      .poll(async () => {
        await publishText(api.store, "default", id, "la ");
        return words.length;
      })
      .toBeGreaterThan(0);
    await hands.complete();
    await following;
    expect(new Set(words)).toEqual(new Set(["la "]));
  });

  it("takes a connection without a sign of life for dead, and connects again", async () => {
    const id = await api.submit();
    let connections = 0;
    const deafFirst: typeof fetch = async (input, init) => {
      if (!String(input).includes("/events") || String(input).includes("after=")) return fetch(input, init);
      connections += 1;
      if (connections > 1) return fetch(input, init);
      // The head came, and then the wire fell silent.
      return new Response(new ReadableStream(), { headers: { "content-type": "text/event-stream" } });
    };
    const pawl = createPawl({ baseUrl: api.url, apiKey: ADMIN_KEY, fetch: deafFirst });
    const following = collect(pawl.stream(id, { idleTimeoutMs: 50, signal: AbortSignal.timeout(20_000) }));
    await (await work(api.store, "default", id)).complete();
    expect((await following).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(connections).toBeGreaterThan(1);
  });

  it("of what is not there, or not one's own, is refused at once", async () => {
    const missing = clientOf(api.port).stream("task_00000000000000000000000000");
    await expect(missing.next()).rejects.toMatchObject({ code: "not_found" });
  });

  it("gives up where nobody is there for long", async () => {
    const gone = await startApi();
    await gone.end("blow");
    const stream = clientOf(gone.port).stream(await api.submit(), { giveUpAfterMs: 0 });
    await expect(stream.next()).rejects.toMatchObject({ code: "connection_failed" });
  });
});
