/** Which call it is: the tool and what identifies it among its arguments, whatever the form they are written in. */
import { canonicalText, parsed } from "./canonical.ts";
import { hashText } from "./hash.ts";
import type { LoopPolicy } from "./loop-policy.ts";
import { isVolatileArgument } from "./volatile.ts";

type Rules = Pick<LoopPolicy, "compare"> & { readonly identifiedBy: readonly string[] | undefined };

/** A call is asked about before it runs, and again by each who hears its answer; known as long as its arguments live. */
const known = new WeakMap<object, Rules & { readonly tool: string; readonly print: number }>();

export function fingerprint(tool: string, args: unknown, { compare, tools }: LoopPolicy): number {
  const rules = { compare, identifiedBy: tools[tool]?.identifiedBy };
  if (!isObject(args)) return printOf(tool, args, rules);
  const found = known.get(args);
  if (found?.tool === tool && found.compare === compare && found.identifiedBy === rules.identifiedBy)
    return found.print;
  const print = printOf(tool, args, rules);
  known.set(args, { ...rules, tool, print });
  return print;
}

function printOf(tool: string, args: unknown, { compare, identifiedBy }: Rules): number {
  if (compare === "verbatim") return hashText(`${tool} ${JSON.stringify(args) ?? ""}`);
  const value = parsed(args);
  if (identifiedBy !== undefined && isObject(value)) {
    const chosen = Object.fromEntries(Object.entries(value).filter(([name]) => identifiedBy.includes(name)));
    return hashText(`${tool} ${canonicalText(chosen, { leaveOut: () => false, text: plain })}`);
  }
  return hashText(`${tool} ${canonicalText(value, { leaveOut: isVolatileArgument, text: plain })}`);
}

const CACHE_BUSTER = /([?&])(_|t|ts|cb|nocache|cachebust\w*|timestamp|rand|utm_\w+)=[^&#\s]*/gi;

/** Case, white space, quotes around all of it, a fragment or a cache buster of a URL: form, not content. */
export function plain(text: string): string {
  const flat = text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
  if (!/^https?:\/\//.test(flat)) return flat.replace(/^["']+|["'.?!]+$/g, "");
  return flat
    .replace(/#.*$/, "")
    .replace(CACHE_BUSTER, "$1")
    .replace(/[?&]+$/, "")
    .replace(/\/$/, "");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
