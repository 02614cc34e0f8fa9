/**
 * One installer at a time. The lock is a file that names its holder's pid; a dead holder's file is broken.
 * (The packages have a finer lock of their own, but this one must work before anything is installed.)
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 100;
/** A file without a pid is being written at this moment, unless it is older than this. */
const WRITING_GRACE_MS = 2_000;

/** Waits for its turn and returns the function that ends it. `onWait` is called once if there is a wait. */
export async function holdLock(lockPath, onWait) {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lockPath, String(process.pid), { flag: "wx" });
      return () => rmSync(lockPath, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isLockLeftBehind(lockPath)) breakLock(lockPath);
    else if (!waited) onWait();
    await delay(POLL_MS);
  }
}

/** Whether the lock is there but its holder is not: an installation was cut off. */
export function isLockLeftBehind(lockPath) {
  const content = read(lockPath);
  if (content === undefined) return false;
  const pid = Number(content);
  if (Number.isInteger(pid) && pid > 0) return !isAlive(pid);
  return (
    Date.now() - (statSync(lockPath, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > WRITING_GRACE_MS
  );
}

/** Moving the file away succeeds for one process only; a lock that was renewed in between is put back. */
function breakLock(lockPath) {
  const aside = `${lockPath}.${process.pid}`;
  try {
    renameSync(lockPath, aside);
    if (isLockLeftBehind(aside)) rmSync(aside, { force: true });
    else renameSync(aside, lockPath);
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // another process was faster
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
