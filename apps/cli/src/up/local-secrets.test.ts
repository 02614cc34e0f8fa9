import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { keepSecrets } from "./local-secrets.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-secrets-"));
  folders.push(folder);
  return folder;
}

test("secrets are made once, kept for their owner alone, and the same at every start", () => {
  const folder = newFolder();
  const first = keepSecrets(folder, {});
  expect(first.PAWL_ADMIN_KEY).toMatch(/^pawl_admin_[\w-]{43}$/);
  expect(Buffer.from(first.PAWL_WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64")).toHaveLength(32);
  expect(statSync(join(folder, "secrets.json")).mode & 0o777).toBe(0o600);
  expect(keepSecrets(folder, {})).toEqual(first);
  expect(keepSecrets(newFolder(), {})).not.toEqual(first);
});

test("a value from the environment wins and is not written down", () => {
  const folder = newFolder();
  expect(keepSecrets(folder, { PAWL_ADMIN_KEY: "given" }).PAWL_ADMIN_KEY).toBe("given");
  expect(readFileSync(join(folder, "secrets.json"), "utf8")).not.toContain("given");
  expect(keepSecrets(folder, {}).PAWL_ADMIN_KEY).toMatch(/^pawl_admin_/);
});

test("a file that others could read is closed, a damaged one is never replaced", () => {
  const folder = newFolder();
  const path = join(folder, "secrets.json");
  writeFileSync(path, '{"PAWL_ADMIN_KEY":"pawl_admin_old"}', { mode: 0o644 });
  expect(keepSecrets(folder, {}).PAWL_ADMIN_KEY).toBe("pawl_admin_old");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, "{");
  expect(() => keepSecrets(folder, {})).toThrow("is damaged");
  expect(readFileSync(path, "utf8")).toBe("{");
});
