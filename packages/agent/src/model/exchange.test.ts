/** Exchanges with a real server: bytes in time, an abort at any moment, and nothing left behind. */
import { getEventListeners } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { type Answer, type ExchangeRequest, exchange, StreamIdleError } from "./exchange.ts";
import { gone, startPeer } from "./peer.fixture.ts";

const IDLE_MS = 150;

const post = (url: string, over: Partial<ExchangeRequest> = {}) =>
  exchange({ url, method: "POST", headers: new Headers({ "x-who": "test" }), body: "hello", ...over });

/** The whole body; rejects with what the reader's `fail` is given. */
function bodyOf(answer: Answer, onData: (text: string) => void = () => {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    answer.readBy({
      data(chunk) {
        text += Buffer.from(chunk).toString();
        onData(text);
      },
      end: () => resolve(text),
      fail: reject,
    });
  });
}

describe("an answer", () => {
  it("comes with its status and headers, and its body in pieces", async () => {
    const { url } = await startPeer(async (request, response) => {
      response.writeHead(418, { "set-cookie": ["a=1", "b=2"], "x-method": request.method });
      for await (const chunk of request) response.write(`${request.headers["x-who"]} says ${chunk}`);
      response.end(", and no more");
    });
    const answer = await post(`${url}/path?query=1`);
    expect(answer.status).toBe(418);
    expect(answer.headers).toMatchObject({ "set-cookie": ["a=1", "b=2"], "x-method": "POST" });
    expect(await bodyOf(answer)).toBe("test says hello, and no more");
  });

  it("waits for its reader, even when it is whole by then", async () => {
    const { url } = await startPeer((request, response) => {
      if (request.url === "/slow") setTimeout(() => response.end(), 2 * IDLE_MS);
      else response.end("early");
    });
    const answer = await post(url, { idleMs: IDLE_MS });
    // By the end of a later exchange the first has long ended; nor is it silence that its reader is late.
    await bodyOf(await post(`${url}/slow`));
    expect(await bodyOf(answer)).toBe("early");
  });

  it("leaves its connection to the next request", async () => {
    const peer = await startPeer((_request, response) => void response.end("ok"));
    for (let i = 0; i < 5; i++) {
      expect(await bodyOf(await post(peer.url))).toBe("ok");
      // undici gives a connection one round of the event loop before it is used again.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.connections()).toBe(1);
  });

  it("that is cut short is a failure", async () => {
    const { url } = await startPeer((_request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.destroy());
    });
    await expect(bodyOf(await post(url))).rejects.toThrow("other side closed");
  });
});

describe("a silent peer", () => {
  it("is given up before its headers, and the connection is closed", async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await startPeer((_request, response) => void gone(response).then(closed.resolve));
    await expect(post(url, { idleMs: IDLE_MS })).rejects.toThrow(StreamIdleError);
    await closed.promise;
  });

  it("is given up in the middle of its body, and the connection is closed", async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await startPeer((_request, response) => {
      response.write("some");
      void gone(response).then(closed.resolve);
    });
    await expect(bodyOf(await post(url, { idleMs: IDLE_MS }))).rejects.toThrow(StreamIdleError);
    await closed.promise;
  });

  it("is none that sends a byte now and then", async () => {
    const { url } = await startPeer((_request, response) => {
      let left = 6;
      const timer = setInterval(() => {
        response.write(".");
        if (--left > 0) return;
        clearInterval(timer);
        response.end();
      }, IDLE_MS / 3);
    });
    expect(await bodyOf(await post(url, { idleMs: IDLE_MS }))).toBe("......");
  });
});

describe("an abort", () => {
  const reason = new Error("enough");

  it("that came before sends nothing, and so does one while the connection is made", async () => {
    let requests = 0;
    const { url } = await startPeer((_request, response) => {
      requests += 1;
      response.end("ok");
    });
    await expect(post(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const asked = post(url, { signal: abort.signal });
    abort.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await bodyOf(await post(url));
    expect(requests).toBe(1);
  });

  it("while headers are awaited closes the connection", async () => {
    const abort = new AbortController();
    const closed = Promise.withResolvers<void>();
    const { url } = await startPeer((_request, response) => {
      void gone(response).then(closed.resolve);
      abort.abort(reason);
    });
    await expect(post(url, { signal: abort.signal })).rejects.toBe(reason);
    await closed.promise;
  });

  it("from within the reader ends the body then and there", async () => {
    const abort = new AbortController();
    const closed = Promise.withResolvers<void>();
    const { url } = await startPeer((_request, response) => {
      void gone(response).then(closed.resolve);
      // One packet, several chunks of HTTP: the parser has more in hand when the abort comes.
      response.socket?.cork();
      for (const piece of ["one", "two", "three"]) response.write(piece);
      response.socket?.uncork();
    });
    const heard: string[] = [];
    const body = bodyOf(await post(url, { signal: abort.signal }), (text) => {
      heard.push(text);
      abort.abort(reason);
    });
    await expect(body).rejects.toBe(reason);
    await closed.promise;
    expect(heard).toEqual(["one"]);
  });

  it("leaves no listener on a signal that outlives the exchange, however it ended", async () => {
    const { signal } = new AbortController();
    const endings: ((response: ServerResponse) => void)[] = [
      (response) => response.end("ok"),
      (response) => response.destroy(),
      (response) => response.write("some", () => response.destroy()),
      () => {},
    ];
    for (const ending of endings) {
      const { url } = await startPeer((_request, response) => ending(response));
      await post(url, { signal, idleMs: IDLE_MS })
        .then(bodyOf)
        .catch(() => {});
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
  });
});

it("what the reader throws ends the exchange and is its failure", async () => {
  const closed = Promise.withResolvers<void>();
  const { url } = await startPeer((_request, response) => {
    response.write("poison");
    void gone(response).then(closed.resolve);
  });
  const body = bodyOf(await post(url), () => {
    throw new Error("I cannot read this");
  });
  await expect(body).rejects.toThrow("I cannot read this");
  await closed.promise;
});
