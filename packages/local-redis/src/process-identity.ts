/**
 * Tells whether a process noted in a file is still the same process.
 * A pid alone is not enough: the system hands old pids out again. So a process is known by its pid and by
 * the moment it started, as the kernel counts it. Promise: a dead process, a zombie or a newcomer that
 * inherited the pid is never taken for the one that was noted.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** `startedAt` is opaque: equal for the same process, different for any other one with that pid. */
export type ProcessIdentity = { pid: number; startedAt: string };

/** The identity of a living process, or undefined when there is none with this pid. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const startedAt = process.platform === "linux" ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isSameProcess(noted: ProcessIdentity): boolean {
  return identifyProcess(noted.pid)?.startedAt === noted.startedAt;
}

/** Linux: start time in ticks since boot, together with the boot it counts from. */
function startFromProc(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the command's name and may hold spaces and brackets: count from the last ")".
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  const startTicks = fields[19];
  if (startTicks === undefined || state === "Z" || state === "X") return undefined;
  return `${readOrUndefined("/proc/sys/kernel/random/boot_id")?.trim() ?? ""}/${startTicks}`;
}

function startFromPs(pid: number): string | undefined {
  try {
    const options = { env: { ...process.env, LC_ALL: "C", TZ: "UTC" }, encoding: "utf8" } as const;
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], options).trim();
    const [state, ...started] = line.split(/\s+/);
    return state === undefined || state.startsWith("Z") || started.length === 0
      ? undefined
      : started.join(" ");
  } catch {
    return undefined; // ps ends with 1 when there is no such process
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
