import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryFileLock } from "@pawl/local-redis";
import { expect, onTestFinished, test } from "vitest";
import { CommandFault } from "../command-line/fault.ts";
import { findConnection } from "./find-connection.ts";

function started(): { root: string; dataDir: string } {
  const root = mkdtempSync(join(tmpdir(), "pawl-connection-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const dataDir = join(root, ".pawl");
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "secrets.json"), JSON.stringify({ PAWL_ADMIN_KEY: "kept" }));
  return { root, dataDir };
}

const find = (root: string, env: NodeJS.ProcessEnv = {}, url?: string, key?: string) =>
  findConnection({ url, key, env, root });

test("a Pawl that runs from this folder is found with its key", () => {
  const { root, dataDir } = started();
  expect(find(root)).toEqual({
    url: "http://127.0.0.1:3000",
    urlFrom: "default",
    key: "kept",
    keyFrom: "secrets.json",
  });
  const attempt = tryFileLock(join(dataDir, "up.lock"), "http://127.0.0.1:4567");
  if (!("lock" in attempt)) throw new Error("the lock is free");
  expect(find(root)).toMatchObject({ url: "http://127.0.0.1:4567", urlFrom: "npm start", key: "kept" });
  attempt.lock.release();
  expect(find(root)).toMatchObject({ urlFrom: "default" });
});

test("what is said goes before what is set, and that before what is found", () => {
  const { root } = started();
  const env = { PAWL_URL: "http://localhost:1/", PAWL_API_KEY: "set" };
  expect(find(root, env, "http://127.0.0.1:2", "said")).toMatchObject({
    url: "http://127.0.0.1:2",
    key: "said",
  });
  expect(find(root, env)).toMatchObject({ url: "http://localhost:1", key: "set", keyFrom: "PAWL_API_KEY" });
  expect(find(root, { PORT: "8080" })).toMatchObject({ url: "http://127.0.0.1:8080", key: "kept" });
});

test("this machine's own key is never sent to another", () => {
  const { root } = started();
  const env = { PAWL_ADMIN_KEY: "admin" };
  expect(find(root, env, "https://pawl.example")).toMatchObject({ key: undefined, keyFrom: undefined });
  expect(find(root, env, "http://127.0.0.1.pawl.example")).toMatchObject({ key: undefined });
  expect(find(root, env)).toMatchObject({ key: "admin", keyFrom: "PAWL_ADMIN_KEY" });
});

test("an address that is none is a fault of the command line; secrets that are damaged are told of", () => {
  const { root, dataDir } = started();
  for (const url of ["pawl.example", "redis://127.0.0.1", "::"]) {
    expect(() => find(root, {}, url)).toThrow(CommandFault);
  }
  writeFileSync(join(dataDir, "secrets.json"), "{");
  expect(() => find(root)).toThrow(/secrets.json is damaged/);
});
