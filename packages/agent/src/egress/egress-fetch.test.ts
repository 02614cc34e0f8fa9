/** What the egress guard does on the wire: it connects to what it judged, and judges again at every redirect. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { guardWhereNamesAre, guardWith } from "./egress-guard.fixture.ts";
import { EgressDeniedError } from "./egress-guard.ts";

async function serverOn(host: string, port: number, answer: RequestListener) {
  const seen: IncomingMessage[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, seen, connections: () => connections };
}

const ok: RequestListener = (_request, response) => {
  response.end("ok");
};

describe("at connect", () => {
  it("reaches an allowed host", async () => {
    const server = await serverOn("127.0.0.1", 0, ok);
    const guard = guardWith({ allow: [`127.0.0.1:${server.port}`] });
    const response = await guard.fetch(`http://127.0.0.1:${server.port}/`);
    expect(await response.text()).toBe("ok");
  });

  it("connects a name to the addresses that were judged, with the name as Host", async () => {
    const server = await serverOn("127.0.0.1", 0, ok);
    const guard = guardWhereNamesAre(["127.0.0.1"], ["127.0.0.0/8"]);
    const response = await guard.fetch(`http://named.example:${server.port}/`);
    expect(response.status).toBe(200);
    expect(server.seen[0]?.headers.host).toBe(`named.example:${server.port}`);
  });

  it("is not fooled by a name server that changes its answer after the check", async () => {
    const secret = await serverOn("127.0.0.1", 0, ok);
    const answers = [["8.8.8.8"], ["127.0.0.1"]];
    const guard = guardWith({ allow: [], lookup: async () => answers.shift() ?? ["127.0.0.1"] });
    const url = `http://rebind.example:${secret.port}/`;
    await guard.check(url);
    await expect(guard.fetch(url)).rejects.toBeInstanceOf(EgressDeniedError);
    expect(secret.connections()).toBe(0);
  });

  it("asks once per connection and uses that answer, so there is nothing left to change", async () => {
    const judged = await serverOn("127.0.0.1", 0, ok);
    const other = await serverOn("127.0.0.2", judged.port, ok);
    const asked: string[] = [];
    const lookup = async (host: string) => {
      asked.push(host);
      return asked.length === 1 ? ["127.0.0.1"] : ["127.0.0.2"];
    };
    const guard = guardWith({ allow: ["127.0.0.1/32"], lookup });
    await (await guard.fetch(`http://rebind.example:${judged.port}/`)).text();
    expect(asked).toEqual(["rebind.example"]);
    expect(judged.connections()).toBe(1);
    expect(other.connections()).toBe(0);
  });
});

describe("redirects", () => {
  function redirectTo(location: string, status = 302): RequestListener {
    return (_request, response) => {
      response.writeHead(status, { location });
      response.end();
    };
  }

  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:1/",
    "http://localhost/",
    "file:///etc/passwd",
    "http://user:pass@127.0.0.2/",
    "//10.0.0.1/",
  ])("denies one to %s", async (location) => {
    const server = await serverOn("127.0.0.1", 0, redirectTo(location));
    const guard = guardWith({ allow: [`127.0.0.1:${server.port}`] });
    await expect(guard.fetch(`http://127.0.0.1:${server.port}/`)).rejects.toBeInstanceOf(EgressDeniedError);
  });

  it("follows those it may, relative ones too, and asks the caller's rule at every hop", async () => {
    const server = await serverOn("127.0.0.1", 0, (request, response) => {
      if (request.url === "/a") redirectTo("/b", 301)(request, response);
      else ok(request, response);
    });
    const hops: string[] = [];
    const guard = guardWith({ allow: ["127.0.0.1"] });
    const response = await guard.fetch(`http://127.0.0.1:${server.port}/a`, {
      checkHop: (url) => hops.push(url.pathname),
    });
    expect(await response.text()).toBe("ok");
    expect(hops).toEqual(["/a", "/b"]);
  });

  it("stops after five", async () => {
    const server = await serverOn("127.0.0.1", 0, redirectTo("/again"));
    const guard = guardWith({ allow: ["127.0.0.1"] });
    await expect(guard.fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow("more than 5 times");
    expect(server.seen).toHaveLength(6);
  });

  it("does not carry credentials to another origin", async () => {
    const second = await serverOn("127.0.0.2", 0, ok);
    const first = await serverOn("127.0.0.1", 0, redirectTo(`http://127.0.0.2:${second.port}/`));
    const guard = guardWith({ allow: ["127.0.0.0/8"] });
    const headers = { authorization: "Bearer secret", cookie: "a=b", "x-kept": "yes" };
    await guard.fetch(`http://127.0.0.1:${first.port}/`, { headers });
    expect(first.seen[0]?.headers.authorization).toBe("Bearer secret");
    expect(second.seen[0]?.headers).toMatchObject({ "x-kept": "yes" });
    expect(second.seen[0]?.headers).not.toHaveProperty("authorization");
    expect(second.seen[0]?.headers).not.toHaveProperty("cookie");
  });

  it("are handed back where the caller asked for that, and never followed by a POST", async () => {
    const server = await serverOn("127.0.0.1", 0, redirectTo("/elsewhere", 307));
    const guard = guardWith({ allow: ["127.0.0.1"] });
    const url = `http://127.0.0.1:${server.port}/`;
    const response = await guard.fetch(url, { method: "POST", body: "{}", redirect: "manual" });
    expect(response.status).toBe(307);
    expect(server.seen).toHaveLength(1);
    await expect(guard.fetch(url, { method: "POST", body: "{}" })).rejects.toBeInstanceOf(TypeError);
    expect(server.seen).toHaveLength(1);
  });
});
