import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { key, publishText, resumeTask } from "@pawl/store";
import { describe, expect, it } from "vitest";
import { ADMIN_KEY, ownApi, work } from "./own-api.fixture.ts";

const api = await ownApi({ heartbeatMs: 50 });
const { store } = api;

type Sent = { id?: string; event?: string; data?: string };

/** Opens a stream and reads from it: one event at a time, or all to the end. */
async function stream(task: string, headers: Record<string, string> = {}, query = "") {
  const abort = new AbortController();
  const response = await api.open(`/v1/tasks/${task}/events${query}`, {
    headers: { accept: "text/event-stream", ...headers },
    signal: abort.signal,
  });
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let raw = "";
  let comments = 0;
  async function next(): Promise<Sent | undefined> {
    for (;;) {
      const end = rest.indexOf("\n\n");
      if (end >= 0) {
        const lines = rest.slice(0, end).split("\n");
        rest = rest.slice(end + 2);
        if (lines.some((line) => line.startsWith(":"))) comments += 1;
        const fields = lines.map((line) => /^(id|event|data): (.*)$/.exec(line)?.slice(1) ?? []);
        const sent: Sent = Object.fromEntries(fields.filter((field) => field.length === 2));
        if (sent.data !== undefined) return sent;
        continue;
      }
      const chunk = await chunks?.read();
      if (chunk === undefined || chunk.done) return undefined;
      raw += chunk.value;
      rest += chunk.value;
    }
  }
  async function all(): Promise<Sent[]> {
    const sent: Sent[] = [];
    for (let event = await next(); event !== undefined; event = await next()) sent.push(event);
    return sent;
  }
  const types = async () => (await all()).map(({ event }) => event);
  return { response, next, all, types, abort, raw: () => raw, comments: () => comments };
}

async function finished(): Promise<string> {
  const task = await api.submit();
  await (await work(store, "default", task)).complete();
  return task;
}

describe("the journal as a JSON list", () => {
  it("shows each event once over its pages, and the end", async () => {
    const task = await finished();
    const whole = await api.call(`/v1/tasks/${task}/events`);
    expect(whole.body.next_cursor).toBeNull();
    expect(whole.body.data.map(({ seq, type }: { seq: number; type: string }) => [seq, type])).toEqual([
      [1, "task.submitted"],
      [2, "task.started"],
      [3, "model.responded"],
      [4, "task.completed"],
    ]);
    const first = await api.call(`/v1/tasks/${task}/events?limit=3`);
    const second = await api.call(`/v1/tasks/${task}/events?limit=3&cursor=${first.body.next_cursor}`);
    expect([...first.body.data, ...second.body.data]).toEqual(whole.body.data);
    expect(second.body.next_cursor).toBeNull();
    expect((await api.call(`/v1/tasks/${task}/events?after=2`)).body.data).toEqual(whole.body.data.slice(2));
    expect((await api.call(`/v1/tasks/${task}/events?after=99`)).body).toEqual({
      data: [],
      next_cursor: null,
    });
  });

  it("keeps the operator's prompt to itself", async () => {
    const task = await api.submit();
    expect((await api.call(`/v1/tasks/${task}/events`)).text).not.toContain("SYSTEM-PROMPT");
    const { abort, next, raw } = await stream(task);
    await next();
    expect(raw()).not.toContain("SYSTEM-PROMPT");
    abort.abort();
  });
});

describe("the journal as a stream", () => {
  it("tells every event with its seq as id, and ends with the last", async () => {
    const task = await finished();
    const { response, all, raw } = await stream(task);
    const sent = await all();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(raw()).toMatch(/^retry: 1000\n\n/);
    const list = (await api.call(`/v1/tasks/${task}/events`)).body.data;
    expect(sent.map(({ data }) => JSON.parse(data ?? ""))).toEqual(list);
    expect(sent.map(({ id, event }) => [id, event])).toEqual(
      list.map(({ seq, type }: { seq: number; type: string }) => [String(seq), type]),
    );
  });

  it("follows a task as it is worked on, text between its events included", async () => {
    const task = await api.submit();
    const { next, types } = await stream(task);
    expect((await next())?.event).toBe("task.submitted");
    const worker = await work(store, "default", task);
    expect((await next())?.event).toBe("task.started");
    const followers = async () =>
      Number((await store.redis.pubsub("NUMSUB", key("default", "notice", task)))[1]);
    await expect.poll(followers).toBe(1);
    await publishText(store, "default", task, "Once\nupon");
    const text = await next();
    expect(text).toEqual({ event: "text", data: JSON.stringify({ text: "Once\nupon" }) });
    await worker.complete();
    expect(await types()).toEqual(["model.responded", "task.completed"]);
  });

  it.each([
    ["Last-Event-ID", { "last-event-id": "2" }, ""],
    ["?after", {}, "?after=2"],
    ["Last-Event-ID before ?after", { "last-event-id": "2" }, "?after=1"],
  ])("goes on where its follower stood, by %s", async (_how, headers, query) => {
    const { all } = await stream(await finished(), headers, query);
    expect((await all()).map(({ id }) => id)).toEqual(["3", "4"]);
  });

  it("loses and repeats nothing for a follower who connects again after every event", async () => {
    const task = await api.submit();
    const worker = await work(store, "default", task);
    const seen: string[] = [];
    for (let last = "0"; ; ) {
      const { next, abort } = await stream(task, { "last-event-id": last });
      const sent = await next();
      abort.abort();
      if (sent?.id === undefined) break;
      seen.push(sent.id);
      last = sent.id;
      if (seen.length < 6) await worker.say(`event ${seen.length}`);
      else if (seen.length === 6) await worker.complete();
    }
    expect(seen).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  it("just ends for a cursor at or beyond the end of a finished task", async () => {
    const task = await finished();
    expect(await (await stream(task, { "last-event-id": "4" })).all()).toEqual([]);
    expect(await (await stream(task, {}, "?after=999")).all()).toEqual([]);
  });

  it("goes on for a resumed task", async () => {
    const task = await api.submit();
    await (await work(store, "default", task)).stop("loop_detected");
    expect((await (await stream(task)).types()).at(-1)).toBe("task.stopped");
    const resume = { tenant: "default", task, requestId: "r", seq: 3, timeoutMs: 60_000 };
    expect(await resumeTask(store, resume)).toMatchObject({ kind: "resumed", legs: [{ leg: 2 }] });
    const { next, types } = await stream(task, { "last-event-id": "3" });
    expect((await next())?.event).toBe("task.resumed");
    await (await work(store, "default", task, 2)).complete();
    expect(await types()).toEqual(["task.started", "model.responded", "task.completed"]);
  });

  it("gives signs of life while nothing happens", async () => {
    const task = await api.submit();
    const { next, comments } = await stream(task);
    await next();
    const rest = next();
    await expect.poll(() => comments()).toBeGreaterThan(1);
    await api.call(`/v1/tasks/${task}/cancel`, { method: "POST" });
    expect((await rest)?.event).toBe("task.cancelled");
  });

  it("costs nothing once its follower is gone", async () => {
    const task = await api.submit();
    const { next, abort } = await stream(task);
    await next();
    const followers = async () =>
      Number((await store.redis.pubsub("NUMSUB", key("default", "notice", task)))[1]);
    await expect.poll(followers).toBe(1);
    abort.abort();
    await expect.poll(followers).toBe(0);
  });

  it("waits for a slow reader without losing an event, and lets go of one who never reads", async () => {
    const task = await api.submit();
    const worker = await work(store, "default", task);
    // More than the sockets between us can hold.
    for (let i = 0; i < 120; i += 1) await worker.say(`${i}:${"x".repeat(100_000)}`);
    const head = `GET /v1/tasks/${task}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_KEY}\r\n`;
    const open = async () => {
      const socket = connect(api.port, "127.0.0.1");
      await once(socket, "connect");
      socket.pause();
      socket.write(`${head}accept: text/event-stream\r\nconnection: close\r\n\r\n`);
      return socket;
    };
    const [slow, stuck] = await Promise.all([open(), open()]);
    await worker.complete();
    const received = await text(slow);
    const ids = [...received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: 124 }, (_, i) => i + 1));
    stuck.destroy();
    await expect
      .poll(async () => (await api.logged()).join("\n").split(`"path":"/v1/tasks/${task}/events"`).length - 1)
      .toBe(2);
  });

  it("answers HEAD with its head alone", async () => {
    const task = await api.submit();
    const answer = await api.call(`/v1/tasks/${task}/events`, {
      method: "HEAD",
      headers: { accept: "text/event-stream" },
    });
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
  });
});

describe("a stream without notices", () => {
  it("still sees every event, by looking", async () => {
    const deaf = await ownApi({
      recheckMs: 20,
      notices: {
        follow: () => new Promise(() => {}),
        onHealth: async () => {},
        onEnded: async () => {},
        close: () => {},
      },
    });
    const task = await deaf.submit();
    const response = await deaf.open(`/v1/tasks/${task}/events`, {
      headers: { accept: "text/event-stream" },
    });
    await (await work(deaf.store, "default", task)).complete();
    expect(await response.text()).toMatch(/event: task.completed\n.+\n\n$/);
  });
});

describe("the end of the process", () => {
  it("ends streams and waits, each with what there is", async () => {
    const ending = await ownApi();
    const task = await ending.submit();
    const response = await ending.open(`/v1/tasks/${task}/events`, {
      headers: { accept: "text/event-stream" },
    });
    const waiting = ending.call("/v1/tasks", {
      body: { input: "x", user: "w" },
      headers: { prefer: "wait=60" },
    });
    await expect.poll(async () => (await ending.call("/v1/tasks?user=w")).body.data.length).toBe(1);
    ending.close();
    expect(await response.text()).toContain("event: task.submitted");
    expect((await waiting).status).toBe(202);
    expect((await ending.call("/healthz")).headers.get("connection")).toBe("close");
  });
});
