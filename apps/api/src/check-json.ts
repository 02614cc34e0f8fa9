/**
 * What a JSON text may not hold, whatever a schema says: nesting that a recursive reader could fall into, names
 * that reach for a prototype, numbers that are none, text that no store or log could write down again. Both
 * checks are loops, so that the worst body costs time in proportion to its size and no stack.
 */
import type { RequestFault } from "./problem.ts";

export const MOST_JSON_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]); // [ {
const CLOSING = new Set([0x5d, 0x7d]); // ] }

/** Whether brackets nest deeper than `most`, told from the text before anything parses it. */
export function nestsDeeperThan(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === BACKSLASH) at += 1;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) {
      inString = true;
    } else if (OPENING.has(char)) {
      depth += 1;
      if (depth > most) return true;
    } else if (CLOSING.has(char)) {
      depth -= 1;
    }
  }
  return false;
}

const forbiddenNames = new Set(["__proto__", "constructor", "prototype"]);
/** One is enough to refuse; a few help to repair. */
const MOST_FAULTS = 20;

type Place = { value: unknown; name: string; parent: Place | undefined };

export function faultsOfJson(root: unknown): RequestFault[] {
  const faults: RequestFault[] = [];
  const open: Place[] = [{ value: root, name: "", parent: undefined }];
  for (let place = open.pop(); place !== undefined && faults.length < MOST_FAULTS; place = open.pop()) {
    const { value } = place;
    const message = faultOfValue(value);
    if (message !== undefined) faults.push({ pointer: pointerOf(place), message });
    if (typeof value !== "object" || value === null) continue;
    for (const [name, member] of Object.entries(value)) {
      const inner = { value: member, name, parent: place };
      const nameFault = Array.isArray(value) ? undefined : faultOfName(name);
      if (nameFault !== undefined) faults.push({ pointer: pointerOf(inner), message: nameFault });
      open.push(inner);
    }
  }
  return faults;
}

function faultOfValue(value: unknown): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return "is too large a number";
  if (typeof value === "string" && !isPlainText(value)) return "must be well-formed Unicode without NUL";
  return undefined;
}

function faultOfName(name: string): string | undefined {
  if (forbiddenNames.has(name)) return "has a name that is not allowed";
  return isPlainText(name) ? undefined : "has a name that is not well-formed Unicode without NUL";
}

function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function pointerOf(place: Place): string {
  const names: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) names.unshift(at.name);
  return jsonPointer(names);
}

const MOST_NAME_CHARS = 100;

/** RFC 6901; a name is cut where only its length would be told. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path
    .map((name) => String(name).slice(0, MOST_NAME_CHARS).toWellFormed().replaceAll("\0", "\ufffd"))
    .map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
