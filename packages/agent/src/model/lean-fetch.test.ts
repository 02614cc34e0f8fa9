/** The Responses of the lean `fetch` against those of the global one, over a real server. */
import { expect, it } from "vitest";
import { leanFetch } from "./lean-fetch.ts";
import { gone, startPeer } from "./peer.fixture.ts";

it("answers as the global fetch does", async () => {
  const { url } = await startPeer(async (request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, { "x-one": "1", "set-cookie": ["a=1", "b=2"] });
    if (status === 204) return void response.end();
    for await (const chunk of request) response.write(chunk);
    response.end(` to ${request.headers["x-who"]}`);
  });
  const init = { method: "POST", headers: { "x-who": "you" }, body: "Grüße" };
  for (const status of [200, 204, 404, 529]) {
    const [lean, plain] = await Promise.all([
      leanFetch(`${url}/${status}`, init),
      fetch(`${url}/${status}`, init),
    ]);
    expect([lean.status, lean.ok]).toEqual([plain.status, plain.ok]);
    expect(lean.headers.get("x-one")).toBe("1");
    expect(lean.headers.getSetCookie()).toEqual(plain.headers.getSetCookie());
    expect(await lean.text()).toBe(await plain.text());
  }
});

it("refuses a body that is no text, rather than send something else", async () => {
  await expect(leanFetch("http://127.0.0.1:1", { method: "POST", body: new Blob([]) })).rejects.toThrow(
    TypeError,
  );
});

it("holds the server back while nobody reads, and loses nothing", async () => {
  const MIB = 2 ** 20;
  const TOTAL_MIB = 64;
  const full = Promise.withResolvers<void>();
  let sentMib = 0;
  const { url } = await startPeer((_request, response) => {
    const write = () => {
      while (sentMib < TOTAL_MIB) {
        sentMib += 1;
        if (!response.write(Buffer.alloc(MIB, sentMib))) break;
      }
      if (sentMib === TOTAL_MIB) response.end();
      // The system's buffers are full when it takes no more for a while.
      clearTimeout(stuck);
      stuck = setTimeout(full.resolve, 300);
    };
    let stuck = setTimeout(full.resolve, 300);
    response.on("drain", write);
    write();
  });
  const { body } = await leanFetch(url);
  await full.promise;
  expect(sentMib).toBeLessThan(TOTAL_MIB / 2);
  let received = 0;
  for await (const chunk of body ?? []) received += chunk.length;
  expect(received).toBe(TOTAL_MIB * MIB);
});

it("closes the connection of a body that is cancelled", async () => {
  const closed = Promise.withResolvers<void>();
  const { url } = await startPeer((_request, response) => {
    response.write("on and on");
    void gone(response).then(closed.resolve);
  });
  const { body } = await leanFetch(url);
  await body?.cancel();
  await closed.promise;
});
