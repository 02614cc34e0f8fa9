// The calls so far, put together with the pages and the retries that followed them, and what is still to follow.

import { canonicalJson, isObject, type JsonObject, parseJson } from "../json.ts";
import type { RequestTool } from "../message-request.ts";
import { propertiesOf } from "./choose-tools.ts";
import type { PastCall } from "./conversation-view.ts";
import { PAGING, SIZE } from "./fill-arguments.ts";
import { rowsOf } from "./rows.ts";
import { effectOf } from "./words.ts";

/** One question to a tool: its first call, its pages, its retry. */
export type Family = { readonly tool: string; readonly input: JsonObject; readonly calls: PastCall[] };

export type NextCall = { readonly name: string; readonly input: JsonObject };

const MAX_PAGES = 5;
const TRANSIENT =
  /\btime[d ]?-? ?out|temporar|unavailable|try again|overload|rate.?limit|too many requests|connection|network|\b50[0234]\b/i;

export function familiesOf(calls: readonly PastCall[]): Family[] {
  const families = new Map<string, Family>();
  for (const call of calls) {
    const base = Object.fromEntries(Object.entries(call.input).filter(([name]) => !PAGING.test(name)));
    const key = `${call.tool} ${canonicalJson(base)}`;
    const family = families.get(key);
    if (family === undefined) families.set(key, { tool: call.tool, input: base, calls: [call] });
    else family.calls.push(call);
  }
  return [...families.values()];
}

/** The next page, or one more try after what looks like passing trouble; never a second try of an effect. */
export function followUp(family: Family, tool: RequestTool | undefined): NextCall | undefined {
  const last = family.calls.at(-1);
  if (last === undefined || tool === undefined) return undefined;
  if (last.isError) {
    const errors = family.calls.filter(({ isError }) => isError).length;
    const mayRetry = errors === 1 && effectOf(tool.name) === undefined && TRANSIENT.test(last.result);
    return mayRetry ? { name: tool.name, input: last.input } : undefined;
  }
  if (family.calls.filter(({ isError }) => !isError).length >= MAX_PAGES) return undefined;
  // Who asked for the last five does not want the sixth.
  const isSized = Object.keys(last.input).some((name) => SIZE.test(name) && !isRequired(tool, name));
  if (isSized) return undefined;
  const next = nextPage(last, Object.keys(propertiesOf(tool)));
  return next === undefined ? undefined : { name: tool.name, input: { ...last.input, ...next } };
}

/** Whether the last page that was read says that there are more. */
export function hasUnread({ calls }: Family): boolean {
  const last = calls.findLast(({ isError }) => !isError);
  return last !== undefined && moreOf(last.result) !== undefined;
}

function isRequired({ input_schema: schema }: RequestTool, name: string): boolean {
  return Array.isArray(schema?.required) && schema.required.includes(name);
}

function nextPage(last: PastCall, properties: readonly string[]): JsonObject | undefined {
  const more = moreOf(last.result);
  if (more === undefined) return undefined;
  const { key, value } = more;
  if (value !== undefined) {
    const names = [key.replace(/^next_?/i, ""), key, "cursor", "page_token", "after", "page", "offset"];
    const same = (a: string, b: string) =>
      a.replaceAll("_", "").toLowerCase() === b.replaceAll("_", "").toLowerCase();
    const name = names.flatMap((wanted) =>
      properties.filter((property) => wanted !== "" && same(property, wanted)),
    )[0];
    return name === undefined || last.input[name] === value ? undefined : { [name]: value };
  }
  if (properties.includes("page")) return { page: numberOr(last.input.page, 1) + 1 };
  const rows = rowsOf(parseJson(last.result))?.rows.length ?? 0;
  return properties.includes("offset") && rows > 0
    ? { offset: numberOr(last.input.offset, 0) + rows }
    : undefined;
}

/** `has_more: true` or a `next_…` that is not empty, at the top of the result or one level down. */
function moreOf(result: string): { key: string; value: unknown } | undefined {
  const parsed = parseJson(result);
  if (!isObject(parsed)) return undefined;
  const places = [
    parsed,
    ...["pagination", "paging", "page_info", "meta"].flatMap((name) =>
      isObject(parsed[name]) ? [parsed[name]] : [],
    ),
  ];
  for (const place of places.filter(isObject)) {
    const flag = place.has_more ?? place.hasMore ?? place.has_next_page ?? place.hasNextPage;
    if (flag === false) continue;
    for (const [key, value] of Object.entries(place)) {
      const isValue = (typeof value === "string" && value !== "") || typeof value === "number";
      if (/^next(?:_|[A-Z]|$)/.test(key) && isValue) return { key, value };
    }
    if (flag === true) return { key: "", value: undefined };
  }
  return undefined;
}

function numberOr(value: unknown, other: number): number {
  return typeof value === "number" ? value : other;
}
