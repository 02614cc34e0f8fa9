// The one place that redacts (design, invariant 11). Whatever leaves for logs, traces, Bull Board, webhooks and
// caches passes `redact`: a pure function from any value at all to a JSON-safe copy without its secrets. It never
// throws, never runs for ever (cycles, depth and size are bounded), and redacting twice is redacting once.
import { types } from "node:util";
import { redacted, redactText } from "./redact-text.ts";
import { isSecretHeader, type Secrecy, secrecyOf } from "./secret-name.ts";

/** How much of a value is copied. The defaults bound damage, not content: a whole task passes untouched. */
export type RedactLimits = {
  /** Levels of nesting kept; deeper values become "[too deep]". */
  maxDepth?: number;
  /** Values copied in all; the rest becomes "[too large]". */
  maxValues?: number;
  /** Characters kept of one string (cut after redaction, so that no cut uncovers half a secret). */
  maxStringChars?: number;
  /** Whether errors keep their stack. */
  stacks?: boolean;
};

/**
 * A deep copy of `value` as JSON knows it, with secrets replaced by `[redacted]`: values under names that say
 * secret (`authorization`, `apiKey`, `PAWL_ADMIN_KEY`) and secrets within any text (keys, tokens, passwords in
 * URLs). Errors become `{name, message, code, status, cause}`, maps objects, sets arrays, big integers text.
 */
export function redact(value: unknown, limits: RedactLimits = {}): unknown {
  const copy: Copy = {
    maxDepth: limits.maxDepth ?? 64,
    maxStringChars: limits.maxStringChars ?? Number.POSITIVE_INFINITY,
    stacks: limits.stacks ?? false,
    valuesLeft: limits.maxValues ?? 1_000_000,
    parents: new Set(),
  };
  return copyOf(value, copy, "open");
}

type Copy = {
  readonly maxDepth: number;
  readonly maxStringChars: number;
  readonly stacks: boolean;
  valuesLeft: number;
  /** The containers that the current value lies in: meeting one again is a cycle. */
  readonly parents: Set<object>;
};

/** `under` is what the names above the value say: beneath `token`, text is secret at any depth. */
function copyOf(value: unknown, copy: Copy, under: Secrecy): unknown {
  if (under === "whole") return value === null || typeof value === "boolean" ? value : redacted;
  switch (typeof value) {
    case "string":
      return under === "text" && value !== "" ? redacted : textOf(value, copy);
    case "bigint":
      return String(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "symbol":
    case "function":
      return `[${typeof value}]`;
    case "object":
      return value === null ? null : containerOf(value, copy, under);
    default:
      return value;
  }
}

function textOf(text: string, { maxStringChars }: Copy): string {
  if (text.length <= maxStringChars) return redactText(text);
  // A margin beyond the cut is searched too, and its end dropped: no cut shows half a secret.
  const clean = redactText(text.slice(0, maxStringChars * 4));
  const kept = clean.slice(0, Math.min(maxStringChars, Math.max(0, clean.length - marginChars)));
  return `${kept.toWellFormed()}… [cut from ${text.length} characters]`;
}

/** Longer than any token we know by shape. */
const marginChars = 2048;

function containerOf(value: object, copy: Copy, under: Secrecy): unknown {
  if (copy.parents.has(value)) return "[circular]";
  if (copy.parents.size >= copy.maxDepth) return "[too deep]";
  if (copy.valuesLeft <= 0) return "[too large]";
  copy.valuesLeft -= 1;
  copy.parents.add(value);
  try {
    return contentsOf(value, copy, under);
  } catch {
    return "[unreadable]"; // a proxy's trap, a throwing toJSON
  } finally {
    copy.parents.delete(value);
  }
}

function contentsOf(value: object, copy: Copy, under: Secrecy): unknown {
  if (types.isNativeError(value) || value instanceof Error) return errorOf(value, copy, under);
  if (Array.isArray(value)) return listOf(value, copy, under);
  if (value instanceof Set) return listOf([...value], copy, under);
  if (value instanceof Map) return entriesOf(value.entries(), copy, under);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof RegExp) return textOf(String(value), copy);
  // Headers, URLSearchParams, FormData: their entries are not properties.
  if (value instanceof Headers || value instanceof URLSearchParams) {
    return entriesOf(value.entries(), copy, under);
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON();
    return json === value ? objectOf(value, copy, under) : copyOf(json, copy, under);
  }
  return objectOf(value, copy, under);
}

function errorOf(error: Error, copy: Copy, under: Secrecy): unknown {
  // A closed list: other properties of errors carry requests, headers and command arguments.
  const names = ["name", "message", "code", "status", "cause", "errors", ...(copy.stacks ? ["stack"] : [])];
  const known = names
    .map((name) => [name, read(error, name)] as const)
    .filter(([, part]) => part !== undefined);
  return entriesOf(known, copy, under);
}

function listOf(list: readonly unknown[], copy: Copy, under: Secrecy): unknown[] {
  const items: unknown[] = [];
  let afterHeader = false;
  for (let index = 0; index < list.length; index += 1) {
    if (copy.valuesLeft <= 0) {
      items.push(`[${list.length - index} more]`);
      break;
    }
    const item = read(list, index);
    if (typeof item !== "object") copy.valuesLeft -= 1;
    items.push(copyOf(item, copy, afterHeader ? "whole" : under) ?? null);
    afterHeader = !afterHeader && typeof item === "string" && isSecretHeader(item);
  }
  return items;
}

function objectOf(object: object, copy: Copy, under: Secrecy): unknown {
  const kept: Entries = [];
  const beside = nameBeside(object);
  for (const name of Object.keys(object)) {
    if (!keep(kept, name, read(object, name), copy, name === "value" ? strictest(under, beside) : under))
      break;
  }
  return recordOf(kept);
}

/** What `{name: "authorization", value: "…"}` says about its value. */
function nameBeside(object: object): Secrecy {
  for (const place of ["name", "key", "header"]) {
    const name = Object.hasOwn(object, place) ? read(object, place) : undefined;
    if (typeof name === "string" && secrecyOf(name) !== "open") return secrecyOf(name);
  }
  return "open";
}

function entriesOf(
  entries: Iterable<readonly [unknown, unknown]>,
  copy: Copy,
  under: Secrecy,
): Record<string, unknown> {
  const kept: Entries = [];
  for (const [key, value] of entries) {
    if (!keep(kept, typeof key === "object" ? "[object]" : String(key), value, copy, under)) break;
  }
  return recordOf(kept);
}

type Entries = [string, unknown][];

/** False once there is no room for more. */
function keep(kept: Entries, name: string, value: unknown, copy: Copy, under: Secrecy): boolean {
  if (value === undefined) return true;
  if (copy.valuesLeft <= 0) {
    kept.push(["…", "[too large]"]);
    return false;
  }
  if (typeof value !== "object") copy.valuesLeft -= 1;
  kept.push([textOf(name, copy), copyOf(value, copy, strictest(under, secrecyOf(name)))]);
  return true;
}

/** Defines rather than assigns, so that a key called `__proto__` stays a key. */
function recordOf(kept: Entries): Record<string, unknown> {
  return Object.fromEntries(kept);
}

function strictest(one: Secrecy, other: Secrecy): Secrecy {
  if (one === "whole" || other === "whole") return "whole";
  return one === "text" || other === "text" ? "text" : "open";
}

/** A getter may throw; one unreadable member shall not hide the others. */
function read(holder: object, name: string | number): unknown {
  try {
    return Reflect.get(holder, name);
  } catch {
    return "[unreadable]";
  }
}
