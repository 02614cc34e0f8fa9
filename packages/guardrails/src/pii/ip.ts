/** IPv4 and IPv6 addresses; four numbers with dots between are a version or a section where a word says so. */
import { isIPv6 } from "node:net";
import type { Found } from "./found.ts";
import { before } from "./surroundings.ts";

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const v4 = new RegExp(`(?<![\\w.]|[A-Za-z]-)${octet}(?:\\.${octet}){3}(?![\\w]|\\.\\d)`, "g");
const v6 = /(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,39}(?:\.\d{1,3}){0,3}(?:%[\w.-]{1,16})?/g;
/** Every one of them has two so near to each other, and most texts have none. */
const colons = /:[0-9A-Fa-f]{0,4}:/;

/** "Chrome/1.2.3.4", "v1.2.3.4", "version 1.2.3.4", "section 1.2.3.4". */
const notAnAddress =
  /(?:[A-Za-z]\/|\bv|\b(?:version|ver|release|build|firmware|driver|section|chapter|clause|article|figure|table|step|paragraph|appendix|kapitel|abschnitt|§))[\s.:]{0,2}$/i;

export function findIpAddresses(text: string): Found[] {
  const found: Found[] = [];
  const add = (start: number, end: number) => found.push({ category: "ip_address", start, end, score: 1 });
  for (const { index, 0: address } of /\d\.\d/.test(text) ? text.matchAll(v4) : [])
    if (!notAnAddress.test(before(text, index, 16))) add(index, index + address.length);
  for (const { index, 0: candidate } of colons.test(text) ? text.matchAll(v6) : []) {
    const address = withoutClosingColon(candidate);
    if (isIPv6(address) && looksMeant(address)) add(index, index + address.length);
  }
  return found;
}

/** "…::1: refused": the colon is the sentence's. */
function withoutClosingColon(candidate: string): string {
  return candidate.endsWith(":") && !candidate.endsWith("::") ? candidate.slice(0, -1) : candidate;
}

/** `std::vector` has no hexadecimal before it, but `a::b` and `add::dad` are code: an address has a digit. */
function looksMeant(address: string): boolean {
  return /\d/.test(address) && address.length > 2;
}
