/** Money, counts, times and shares as people read them. */
import type { Task } from "@pawl/client";
import type { Colour } from "./output.ts";

/** Dollars with as many places as small model bills need. */
export function dollars(usd: number): string {
  return `$${usd.toFixed(usd >= 1 ? 2 : 6)}`;
}

/** A limit as it was written: $0.10, $5.00, $0.000125. */
export function limitDollars(usd: number): string {
  const exact = usd.toFixed(9).replace(/0+$/, "");
  const places = exact.length - exact.indexOf(".") - 1;
  return `$${usd.toFixed(Math.max(2, places))}`;
}

const counts = new Intl.NumberFormat("en-US");

export function count(number: number): string {
  return counts.format(number);
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = Math.floor(ms / 1_000);
  if (s < 60) return `${(ms / 1_000).toFixed(1)} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

/** How long ago, or in how long. */
export function ago(timestamp: string | null, nowMs: number): string {
  if (timestamp === null) return "-";
  const ms = nowMs - Date.parse(timestamp);
  const text = duration(Math.floor(Math.abs(ms) / 1_000) * 1_000 || 0);
  if (Math.abs(ms) < 1_000) return "now";
  return ms >= 0 ? `${text.replace(/\.0 s$/, " s")} ago` : `in ${text.replace(/\.0 s$/, " s")}`;
}

/** `███████░░░░░` */
export function bar(share: number, cells: number): string {
  const full = Math.max(0, Math.min(cells, Math.round(share * cells)));
  return "█".repeat(full) + "░".repeat(cells - full);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** Every state has a word; the colour only helps. */
export function statusColour(status: Task["status"]): Colour | undefined {
  const colours: Record<Task["status"], Colour | undefined> = {
    queued: "dim",
    running: "cyan",
    waiting: "yellow",
    completed: "green",
    stopped: "yellow",
    failed: "red",
    cancelled: "dim",
  };
  return colours[status];
}
