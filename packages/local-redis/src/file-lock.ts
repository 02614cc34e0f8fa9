/**
 * One holder at a time, between processes of one machine, by an exclusively created file.
 * The file names its holder (pid and start time), so a lock whose holder died is recognised at once and
 * broken; no lease, no heartbeat. Not meant for a folder shared by several machines or pid namespaces.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { identifyProcess, isSameProcess, type ProcessIdentity } from "./process-identity.ts";

/** Who holds a lock; `note` is whatever the holder wants others to know (an address, say). */
export type LockHolder = ProcessIdentity & { note: string };

export type FileLock = { setNote(note: string): void; release(): void };

const POLL_MS = 25;
/** A file without readable content is being written at this moment, unless it is older than this. */
const WRITING_GRACE_MS = 2_000;

/** Takes the lock, or names its living holder (undefined in the instant before the holder has written its name). */
export function tryFileLock(
  path: string,
  note = "",
): { lock: FileLock } | { holder: LockHolder | undefined } {
  mkdirSync(dirname(path), { recursive: true });
  const token = randomUUID();
  for (;;) {
    if (createExclusively(path, describeSelf(token, note))) return { lock: heldLock(path, token) };
    const found = readLock(path);
    if (found === "gone") continue;
    if (found === "writing") return { holder: undefined };
    if (found !== "abandoned" && isSameProcess(found)) return { holder: found };
    if (!breakLock(path)) return { holder: undefined };
  }
}

/** Who holds it, without touching it; undefined: nobody who lives. */
export function lockHolder(path: string): LockHolder | undefined {
  const found = readLock(path);
  return typeof found === "object" && isSameProcess(found) ? found : undefined;
}

/** Waits for the lock, runs `work` under it, releases it. `onWait` is called once if there is a wait. */
export async function withFileLock<T>(
  options: { path: string; timeoutMs: number; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let waited = false;
  for (;;) {
    const attempt = tryFileLock(options.path);
    if ("lock" in attempt) {
      try {
        return await work();
      } finally {
        attempt.lock.release();
      }
    }
    if (performance.now() > deadlineMs) {
      const holder = attempt.holder ? ` (held by process ${attempt.holder.pid})` : "";
      throw new Error(`gave up waiting for the lock ${options.path}${holder}`);
    }
    if (!waited) options.onWait?.();
    waited = true;
    await delay(POLL_MS);
  }
}

function heldLock(path: string, token: string): FileLock {
  const isOurs = () => {
    const found = readLock(path);
    return typeof found === "object" && found.token === token;
  };
  return {
    setNote(note) {
      if (!isOurs()) return;
      const draft = `${path}.${token}`;
      writeFileSync(draft, describeSelf(token, note), { mode: 0o600 });
      renameSync(draft, path);
    },
    release() {
      if (isOurs()) rmSync(path, { force: true });
    },
  };
}

function describeSelf(token: string, note: string): string {
  const self = identifyProcess(process.pid) ?? { pid: process.pid, startedAt: "" };
  return JSON.stringify({ ...self, token, note });
}

function createExclusively(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function readLock(path: string): (LockHolder & { token: string }) | "gone" | "writing" | "abandoned" {
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isHolder(found)) return found;
  } catch (error) {
    if (isCode(error, "ENOENT")) return "gone";
    if (!(error instanceof SyntaxError)) throw error;
  }
  return ageMs(path) < WRITING_GRACE_MS ? "writing" : "abandoned";
}

/**
 * Removes a lock whose holder is dead. Two processes may see the same corpse: without care the slower one
 * would remove the lock that the faster one has just taken. So breaking needs a lock of its own, and the
 * corpse is looked at again under it. That second lock is held for microseconds; one that is seconds old
 * belongs to a process that died in between.
 */
function breakLock(path: string): boolean {
  const guard = `${path}.break`;
  if (!createExclusively(guard, "")) {
    if (ageMs(guard) > WRITING_GRACE_MS) rmSync(guard, { force: true });
    return false;
  }
  try {
    const found = readLock(path);
    const isDead = found === "abandoned" || (typeof found === "object" && !isSameProcess(found));
    if (isDead) rmSync(path, { force: true });
    return isDead || found === "gone";
  } finally {
    rmSync(guard, { force: true });
  }
}

function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function isHolder(value: unknown): value is LockHolder & { token: string } {
  if (typeof value !== "object" || value === null) return false;
  const { pid, startedAt, token, note } = value as Record<string, unknown>;
  const texts = [startedAt, token, note];
  return typeof pid === "number" && texts.every((text) => typeof text === "string");
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
