/** How amounts, times and counts are written: the same everywhere, short, and lined up in columns. */

/** Dollars with as many places as small model bills need; a difference of a thousandth of a cent is seen. */
export function usd(amount: number): string {
  if (amount === 0) return "$0";
  if (amount >= 1000) return `$${Math.round(amount).toLocaleString("en-US")}`;
  if (amount >= 1) return `$${amount.toFixed(2)}`;
  if (amount >= 0.1) return `$${amount.toFixed(3)}`;
  if (amount >= 0.001) return `$${amount.toFixed(4)}`;
  return `$${amount.toFixed(6)}`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** 1,234 → 1.2k: for columns where the exact number is one click away. */
export function shortCount(value: number): string {
  if (value < 1_000) return String(value);
  if (value < 10_000) return `${(value / 1_000).toFixed(1)}k`;
  if (value < 1_000_000) return `${Math.round(value / 1_000)}k`;
  return `${(value / 1_000_000).toFixed(1)}M`;
}

export function duration(ms: number): string {
  const value = Math.max(0, ms);
  if (value < 1_000) return `${Math.round(value)} ms`;
  if (value < 10_000) return `${(value / 1_000).toFixed(2)} s`;
  if (value < 60_000) return `${(value / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(value / 60_000);
  if (minutes < 60) return twoParts(minutes, "min", Math.floor((value % 60_000) / 1_000), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return twoParts(hours, "h", minutes % 60, "min");
  return twoParts(Math.floor(hours / 24), "d", hours % 24, "h");
}

function twoParts(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** "12 s ago", or the date once it is further away than a day. */
export function ago(at: string, nowMs: number): string {
  const ms = nowMs - Date.parse(at);
  if (ms < 2_000) return "now";
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ago`;
  return new Date(at).toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}

export function moment(at: string): string {
  return new Date(at).toLocaleString(undefined, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

export function percent(part: number, whole: number): string {
  if (whole <= 0) return "0%";
  const share = (part / whole) * 100;
  return share > 0 && share < 1 ? "<1%" : `${Math.round(share)}%`;
}

/** A reason or a type as people read it: `max_tool_calls` → "max tool calls". */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}
