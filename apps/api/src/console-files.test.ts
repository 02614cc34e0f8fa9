import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { ownApi } from "./own-api.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pawl-console-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SCRIPT = "globalThis.pawl = 1;";

function build(dir: string): string {
  mkdirSync(join(dir, "assets"), { recursive: true });
  writeFileSync(join(dir, "index.html"), "<!doctype html><title>Pawl</title>");
  writeFileSync(join(dir, "assets/index-abc.js"), SCRIPT);
  writeFileSync(join(dir, "assets/index-abc.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(dir, ".stamp"), "not for anybody");
  return dir;
}

const api = await ownApi({ consoleDir: build(join(folder, "built")) });
const early = await ownApi({ consoleDir: join(folder, "later") });

/** By hand: `fetch` unpacks what it gets, and tidies up paths. */
function rawGet(path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const asked = request({ port: api.port, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      asked.on("error", reject).end();
    },
  );
}

it("says how to build a console that is not there, and serves it once it is", async () => {
  const missing = await early.call("/console", { key: null });
  expect(missing).toMatchObject({ status: 503, body: { code: "unavailable" } });
  expect(missing.body.detail).toContain("npm run build:console");
  build(join(folder, "later"));
  expect((await early.call("/console", { key: null })).text).toContain("<title>Pawl</title>");
});

describe("the files of the console", () => {
  it.each(["/console", "/console/", "/console/tasks", "/console/tasks/task_123", "/console/anything/else"])(
    "the page stands for every address of the console: %s",
    async (path) => {
      const answer = await api.call(path, { key: null });
      expect(answer).toMatchObject({ status: 200, text: "<!doctype html><title>Pawl</title>" });
      expect(answer.headers.get("cache-control")).toBe("no-cache");
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    },
  );

  it("a file that is named by its content is kept for good, and sent compressed", async () => {
    const answer = await rawGet("/console/assets/index-abc.js", { "accept-encoding": "gzip" });
    expect(answer.headers).toMatchObject({
      "content-encoding": "gzip",
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: expect.stringMatching(/accept-encoding/i),
    });
    expect(gunzipSync(answer.body).toString()).toBe(SCRIPT);
    const plain = await rawGet("/console/assets/index-abc.js");
    expect(plain.body.toString()).toBe(SCRIPT);
    const again = await rawGet("/console/assets/index-abc.js", {
      "if-none-match": String(plain.headers.etag),
    });
    expect(again.status).toBe(304);
  });

  it.each([
    "/console/assets/gone-123.js",
    "/console/.stamp",
    "/console/assets/index-abc.js.gz",
    "/console/../package.json",
    "/console/%2e%2e/%2e%2e/package.json",
    "/console/..%2f..%2fpackage.json",
    "/console/assets/%00.js",
  ])("nothing beside them can be had: %s", async (path) => {
    const answer = await rawGet(path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.body.toString()).toContain('"code"');
  });
});
