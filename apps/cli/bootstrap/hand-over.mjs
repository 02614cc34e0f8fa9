/**
 * Runs the real program as if this process had become it: its output untouched, signals passed on, its exit
 * code or deadly signal taken over, and it does not outlive us (it sees the channel between us close).
 */
import { spawn } from "node:child_process";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
/** One Ctrl-C arrives twice, from the terminal and from npm; the program must see it once. */
const SAME_SIGNAL_MS = 300;

export function handOver({ command, args, cwd, env, ownSession }) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    // In a session of its own the program gets each signal from us alone, and once.
    detached: ownSession,
  });
  const lastSentAtMs = new Map();
  const passOn = (signal) => {
    // Without a session of its own the terminal's Ctrl-C has reached it already.
    if (!ownSession && signal === "SIGINT" && process.stdin.isTTY) return;
    const nowMs = performance.now();
    if (nowMs - (lastSentAtMs.get(signal) ?? -SAME_SIGNAL_MS) < SAME_SIGNAL_MS) return;
    lastSentAtMs.set(signal, nowMs);
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  child.once("error", (error) => {
    process.stderr.write(`pawl: cannot run ${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const each of SIGNALS) process.removeListener(each, passOn);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(1), 1_000); // a signal that did not end us
  });
}
