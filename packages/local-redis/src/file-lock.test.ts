import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tryFileLock, withFileLock } from "./file-lock.ts";
import { identifyProcess, isSameProcess } from "./process-identity.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-lock-"));
  folders.push(folder);
  return folder;
}
const newPath = () => join(newFolder(), "lock");

function take(path: string, note?: string) {
  const attempt = tryFileLock(path, note);
  if (!("lock" in attempt)) throw new Error("the lock is taken");
  return attempt.lock;
}

test("a lock that is held names its holder and the note it left", () => {
  const path = newPath();
  const lock = take(path, "first");
  lock.setNote("second");
  expect(tryFileLock(path)).toMatchObject({ holder: { pid: process.pid, note: "second" } });
  lock.release();
  expect("lock" in tryFileLock(path)).toBe(true);
});

test("a holder whose pid was handed to another process does not hold any more", () => {
  const path = newPath();
  writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: "long ago", token: "t", note: "" }));
  expect("lock" in tryFileLock(path)).toBe(true);
});

test("a holder that was killed does not hold any more", async () => {
  const path = newPath();
  const script = `const { tryFileLock } = await import(${JSON.stringify(`${import.meta.dirname}/file-lock.ts`)});
    tryFileLock(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  expect(tryFileLock(path)).toMatchObject({ holder: { pid: child.pid } });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect("lock" in tryFileLock(path)).toBe(true);
});

test("a file in the making is respected while it is young and broken when it is old", () => {
  const path = newPath();
  writeFileSync(path, "");
  expect(tryFileLock(path)).toEqual({ holder: undefined });
  utimesSync(path, new Date(0), new Date(0));
  expect("lock" in tryFileLock(path)).toBe(true);
});

test("releasing removes only one's own lock", () => {
  const path = newPath();
  const lock = take(path);
  writeFileSync(path, JSON.stringify({ ...identifyProcess(process.pid), token: "another", note: "" }));
  lock.release();
  expect(readFileSync(path, "utf8")).toContain("another");
});

test("of many who wait for a dead holder's lock one works at a time and all get their turn", async () => {
  const path = newPath();
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, startedAt: "never", token: "t", note: "" }));
  let inside = 0;
  let most = 0;
  const turns = Array.from({ length: 8 }, () =>
    withFileLock({ path, timeoutMs: 10_000 }, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    }),
  );
  await Promise.all(turns);
  expect(most).toBe(1);
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("waiting ends with an error that names the holder", async () => {
  const path = newPath();
  take(path);
  const waiting = withFileLock({ path, timeoutMs: 60 }, async () => undefined);
  await expect(waiting).rejects.toThrow(`held by process ${process.pid}`);
});

test("a zombie is not a living process", async () => {
  // The shell's child ends at once and, as the shell became `tail`, is never waited for.
  const shell = spawn("/bin/sh", ["-c", "/bin/true & echo $!; exec tail -f /dev/null"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(shell.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  await expect.poll(() => identifyProcess(pid)).toBeUndefined();
  expect(isSameProcess({ pid, startedAt: "" })).toBe(false);
  shell.kill("SIGKILL");
});
