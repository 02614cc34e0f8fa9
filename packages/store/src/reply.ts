/** Reading what a script replied: positions and bytes become words and numbers, or an error on the spot. */
import { tenantOfBase } from "./keys.ts";
import { Lane, type OwedLeg } from "./queue.ts";
import type { ScriptReply } from "./scripts.ts";

export function replyList(reply: ScriptReply): ScriptReply[] {
  if (!Array.isArray(reply)) throw new TypeError("a script replied with something else than a list");
  return reply;
}

export function bytesAt(list: readonly ScriptReply[], index: number): Buffer {
  const value = list[index];
  if (!Buffer.isBuffer(value)) throw new TypeError(`a script's reply has no bytes at ${index}`);
  return value;
}

export function textAt(list: readonly ScriptReply[], index: number): string {
  return bytesAt(list, index).toString("utf8");
}

export function numberAt(list: readonly ScriptReply[], index: number): number {
  return Number(textAt(list, index));
}

/** From `first` on to `end`: `<base>\n<task>\n<leg>\n<lane>`, as admission.lua writes the legs it owes. */
export function legsAt(list: readonly ScriptReply[], first: number, end = list.length): OwedLeg[] {
  if (end === first) return [];
  return Array.from({ length: end - first }, (_, i) => {
    const [base = "", task = "", leg = "0", lane] = textAt(list, first + i).split("\n");
    return { tenant: tenantOfBase(base), task, leg: Number(leg), lane: Lane.parse(lane) };
  });
}

/** A reply that no version of the script gives: the script and its caller are out of step. */
export function unknownVerdict(script: string, verdict: string): never {
  throw new TypeError(`${script}.lua replied ${JSON.stringify(verdict)}, which its caller does not know`);
}
