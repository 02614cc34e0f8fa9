import { createServer, type RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createEgressGuard } from "../egress/egress-guard.ts";
import { fetchUrl } from "./fetch-url.ts";
import { toolContext } from "./tool-context.fixture.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

const serveAs = (type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  serve((_request, response) => {
    response.writeHead(200, { "content-type": type, ...headers });
    response.end(body);
  });

const page = z.looseObject({
  status: z.number(),
  text: z.string(),
  truncated: z.boolean(),
  has_more: z.boolean(),
});

async function get(
  input: z.input<typeof fetchUrl.input>,
  allowedHosts?: readonly string[],
  signal?: AbortSignal,
) {
  const egress = createEgressGuard({ allow: ["127.0.0.1"] });
  closers.push(() => egress.dispatcher.destroy());
  const ctx = toolContext({ egress, allowedHosts, ...(signal === undefined ? {} : { signal }) });
  return page.parse(await fetchUrl.run(fetchUrl.input.parse(input), ctx));
}

describe("fetch_url", () => {
  it("returns a page as readable text", async () => {
    const url = await serveAs(
      "text/html; charset=utf-8",
      "<title>Shop</title><script>x()</script><p>Open</p>",
    );
    expect(await get({ url })).toMatchObject({
      status: 200,
      content_type: "text/html",
      text: "Shop\n\nOpen",
    });
  });

  it("returns JSON as it is, unpacked and in the charset it states", async () => {
    const json = await serveAs("application/vnd.api+json", gzipSync('{"a":1}'), {
      "content-encoding": "gzip",
    });
    expect((await get({ url: json })).text).toBe('{"a":1}');
    const latin = await serveAs("text/plain; charset=iso-8859-1", Buffer.from([0x63, 0x61, 0x66, 0xe9]));
    expect((await get({ url: latin })).text).toBe("café");
  });

  it("tells a page that is not found from one that is", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("no such page");
    });
    expect(await get({ url })).toMatchObject({ status: 404, text: "no such page" });
  });

  it("cuts at a megabyte with a clear mark, also what was small while packed", async () => {
    const url = await serveAs("text/plain", gzipSync("x".repeat(5_000_000)), { "content-encoding": "gzip" });
    const end = await get({ url, offset: 1_048_570 });
    expect(end.truncated).toBe(true);
    expect(end.text).toBe("xxxxxx\n[cut here: the document is larger than 1048576 bytes]");
  });

  it("stops reading what never ends", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      const more = () => {
        while (response.write("y".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    expect((await get({ url })).truncated).toBe(true);
  });

  it("pages through a long document", async () => {
    const url = await serveAs("text/plain", "0123456789");
    expect(await get({ url, limit: 4 })).toMatchObject({ text: "0123", has_more: true, next_offset: 4 });
    expect(await get({ url, offset: 8, limit: 4 })).toMatchObject({
      text: "89",
      has_more: false,
      next_offset: null,
    });
  });

  it.each([
    ["an image", "image/png", Buffer.from("x")],
    ["a program", "application/octet-stream", Buffer.from("x")],
    ["bytes that call themselves text", "text/plain", Buffer.from([80, 0, 3, 4])],
  ])("refuses %s", async (_what, type, body) => {
    await expect(get({ url: await serveAs(type, body) })).rejects.toMatchObject({ code: "not_text" });
  });

  it.each([
    "http://127.0.0.2/",
    "http://169.254.169.254/latest/",
    "http://localhost/",
    "file:///etc/passwd",
    "nonsense",
  ])("refuses %s, for the model to read why", async (url) => {
    await expect(get({ url })).rejects.toMatchObject({ name: "ToolError", code: "egress_denied" });
  });

  it("keeps to the agent's hosts, at a redirect too", async () => {
    const url = await serve((_request, response) => {
      response.writeHead(302, { location: "https://elsewhere.example/" });
      response.end();
    });
    await expect(get({ url }, ["docs.example"])).rejects.toMatchObject({ code: "host_not_allowed" });
    await expect(get({ url }, ["127.0.0.1"])).rejects.toThrow("elsewhere.example is not among the hosts");
    await expect(get({ url }, [])).rejects.toMatchObject({ code: "host_not_allowed" });
  });

  it("says that the host broke off", async () => {
    const url = await serve((request) => request.socket.destroy());
    await expect(get({ url })).rejects.toMatchObject({ name: "ToolError", code: "network" });
  });

  it("ends with the task's own abort, which is no failure of the web", async () => {
    const cancel = new AbortController();
    const url = await serve(() => cancel.abort(new Error("cancelled")));
    await expect(get({ url }, undefined, cancel.signal)).rejects.toThrow("cancelled");
  });
});
