// JSON as it comes from outside: narrowing it, and one canonical text for it, so that equal values hash equally.

import { hash } from "node:crypto";

export type JsonObject = { readonly [key: string]: unknown };

/** Deeper than any real request; a hostile one must not exhaust the stack. */
export const MAX_JSON_DEPTH = 100;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a JSON text, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True where arrays and objects nest deeper than `limit`. Recurses to the limit only. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit <= 0) return true;
  for (const member of Object.values(value)) if (isDeeperThan(member, limit - 1)) return true;
  return false;
}

/**
 * JSON with sorted keys. `cache_control` is left out wherever it stands: it says what to keep, not what is asked,
 * and clients move it from turn to turn. The value must have passed `isDeeperThan`.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (key === "cache_control" || member === undefined) continue;
    members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

export function sha1(text: string): string {
  return hash("sha1", text, "hex");
}
