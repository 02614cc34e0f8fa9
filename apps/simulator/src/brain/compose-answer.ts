// The answer: what the tools brought, in words and numbers, what went wrong, what was left undone, and by whom.

import { isObject, type JsonObject, parseJson } from "../json.ts";
import { type Family, hasUnread } from "./families.ts";
import { amount, grouped, mergeRows, nestedRows, profileRows, type Rows, rowsOf } from "./rows.ts";
import { meanings, nameWords } from "./words.ts";

export const SIGNATURE =
  "(I am the Pawl simulator, not a real model: this answer was put together by fixed rules.)";

export type Told = {
  readonly task: string;
  readonly documents: readonly { readonly name: string; readonly text: string }[];
  readonly families: readonly Family[];
  /** Names of tools that would still be called, were it allowed. */
  readonly undone: readonly string[];
};

const MAX_QUOTE_CHARS = 300;

export function composeAnswer({ task, documents, families, undone }: Told): string {
  const parts = [
    ...families.map(tellFamily),
    ...documents.map(({ name, text }) => `Document "${name}": ${tellText(text)}`),
  ];
  if (parts.length === 0 && undone.length === 0) parts.push(tellTask(task));
  if (undone.length > 0) parts.push(`Not done, because I may use no more tools: ${undone.join(", ")}.`);
  return [...parts, SIGNATURE].join("\n\n");
}

/** The findings alone, for a message or a ticket that is to carry them; undefined where there are none. */
export function findingsOf(families: readonly Family[]): string | undefined {
  const good = families.filter(({ calls }) => calls.some(({ isError }) => !isError));
  return good.length === 0 ? undefined : good.map(tellFamily).join("\n\n");
}

function tellFamily(family: Family): string {
  const { tool, calls } = family;
  const results = calls.filter(({ isError }) => !isError).map(({ result }) => result);
  const last = calls.at(-1);
  const trouble = last?.isError
    ? `${tool} failed${calls.length > results.length + 1 ? " twice" : ""}: ${quote(last.result)}`
    : undefined;
  if (results.length === 0) return `${trouble} I have no result from it.`;
  const said = tellResults(family, results);
  return trouble === undefined ? said : `${said}\n${trouble} What I say rests on what came before.`;
}

function tellResults(family: Family, results: readonly string[]): string {
  const parsed = results.map((result) => embeddedJson(result));
  const pages = parsed.flatMap((json) => rowsOf(json) ?? []);
  const unread = hasUnread(family) ? "\nThere are more that I have not read." : "";
  if (pages.length > 0) return tellRows(family, mergeRows(pages), results.length) + unread;
  if (parsed.length > 0 && parsed.every(isEmptyList))
    return `${family.tool} found nothing: 0 ${labelOf(family.tool)}.`;
  const texts = parsed.map(
    (json, index) => textMember(json) ?? (isObject(json) ? undefined : results[index]),
  );
  const text = texts.every((part) => part !== undefined) ? texts.join("") : undefined;
  const [json] = parsed;
  if (text === undefined && isObject(json)) return `${family.tool}: ${tellObject(json)}.${unread}`;
  const about = Object.values(family.input).find((value) => typeof value === "string" && value.length <= 200);
  const subject = about === undefined ? family.tool : `${family.tool} (${String(about)})`;
  return `${subject}: ${tellText(text ?? results.join("\n"))}${unread}`;
}

function tellRows({ tool }: Family, { label, rows, total }: Rows, pages: number): string {
  const name = label ?? labelOf(tool);
  const profile = profileRows(rows);
  const { dates } = profile;
  const when = dates === undefined ? "" : ` between ${dates.from} and ${dates.to}`;
  const read = total !== undefined && total > profile.count ? ` of ${amount(total)}` : "";
  const lines = [
    `I found ${amount(profile.count)}${read} ${name}${when} (${tool}, ${pages === 1 ? "1 page" : `${pages} pages`}).`,
  ];
  lines.push(...profileLines(profile, name));
  if (dates !== undefined && profile.count > 1)
    lines.push(`- Busiest month: ${dates.busiestMonth} (${dates.busiestCount} ${name})`);
  const inner = nestedRows(rows);
  if (inner !== undefined) {
    const innerProfile = profileRows(inner.rows);
    const innerName = inner.label ?? "parts";
    lines.push(
      `- They hold ${amount(innerProfile.count)} ${innerName}.`,
      ...profileLines(innerProfile, innerName),
    );
  }
  if (profile.count <= MAX_ROWS_SHOWN) lines.push(...rows.map((row) => `- ${tellObject(row)}`));
  return lines.join("\n");
}

const MAX_ROWS_SHOWN = 3;

function profileLines({ sums, frequent }: ReturnType<typeof profileRows>, name: string): string[] {
  return [
    ...sums.map(({ column, sum, mean, max, isMoney }) =>
      isMoney
        ? `- ${moneyName(column)}: ${money(sum)} (on average ${money(mean)}, at most ${money(max)})`
        : `- Total ${spaced(column)}: ${amount(sum)}`,
    ),
    ...frequent.map(({ column, distinct, values }) => {
      const shown = values.map(
        ({ value, count, money: paid }) => `${value} (${count}${paid ? `, ${money(paid)}` : ""})`,
      );
      return `- Most frequent ${spaced(column)} of ${name}: ${shown.join(", ")}${distinct > values.length ? `, and ${distinct - values.length} more` : ""}`;
    }),
  ];
}

/** `total_usd` → "Total in USD", `price` → "Total price". */
function moneyName(column: string): string {
  const words = nameWords(column).filter((word) => word !== "cents");
  const currency = words.find((word) => /^(?:usd|eur|gbp|chf|jpy)$/.test(word));
  const rest = words.filter((word) => word !== currency && word !== "total");
  return ["Total", ...rest, ...(currency === undefined ? [] : [`in ${currency.toUpperCase()}`])].join(" ");
}

function money(value: number): string {
  return grouped(value.toFixed(2));
}

function tellObject(json: JsonObject): string {
  const members = Object.entries(json).flatMap(([key, value]) => {
    if (value === null || value === undefined || value === "") return [];
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    return [`${spaced(key)} ${clipped(shown, 120)}`];
  });
  return members.length === 0 ? "an empty result" : members.slice(0, 12).join(", ");
}

/** Short texts are quoted; of long ones come the first sentences, the length and the words that return most. */
function tellText(text: string): string {
  const plain = text
    .replace(/<(?:script|style)\b[\s\S]*?<\/(?:script|style)>/gi, " ")
    .replace(/<[^<>]{1,500}>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (plain === "") return "it is empty.";
  if (plain.length <= MAX_QUOTE_CHARS) return plain;
  const sentences = plain.slice(0, 2_000).match(/[^.!?]{10,400}[.!?]/g) ?? [plain.slice(0, MAX_QUOTE_CHARS)];
  const counts = new Map<string, number>();
  for (const word of plain
    .slice(0, 50_000)
    .toLowerCase()
    .match(/\p{L}{5,}/gu) ?? [])
    counts.set(word, (counts.get(word) ?? 0) + 1);
  const themes = [...counts]
    .filter(([word]) => meanings(word).length > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const words = plain.split(" ").length;
  const returning = themes.slice(0, 5).map(([word, count]) => `${word} (${count})`);
  return `It has ${amount(words)} words and begins: "${clipped(sentences.slice(0, 3).join(" ").trim(), 600)}" Words that return most: ${returning.join(", ")}.`;
}

function tellTask(task: string): string {
  return `You wrote: "${clipped(task.replace(/\s+/g, " ").trim(), MAX_QUOTE_CHARS)}". None of the tools I was given fits that, and I know nothing beyond them.`;
}

/** JSON that is the result or stands in it, as when a program wraps what a tool returned. */
function embeddedJson(result: string): unknown {
  const whole = parseJson(result);
  if (whole !== undefined) return whole;
  const start = result.search(/[[{]/);
  const end = Math.max(result.lastIndexOf("}"), result.lastIndexOf("]"));
  return start >= 0 && end > start ? parseJson(result.slice(start, end + 1)) : undefined;
}

function isEmptyList(json: unknown): boolean {
  if (Array.isArray(json)) return json.length === 0;
  return isObject(json) && Object.values(json).some((value) => Array.isArray(value) && value.length === 0);
}

function textMember(json: unknown): string | undefined {
  if (typeof json === "string" || typeof json === "number" || typeof json === "boolean") return String(json);
  if (!isObject(json)) return undefined;
  const text = json.text ?? json.content ?? json.body;
  return typeof text === "string" ? text : undefined;
}

function labelOf(tool: string): string {
  return nameWords(tool).at(-1) ?? "rows";
}

function spaced(name: string): string {
  return nameWords(name).join(" ");
}

function quote(text: string): string {
  const clean = text.replace(/\s+/g, " ").trim();
  return `"${clipped(clean === "" ? "no message" : clean, MAX_QUOTE_CHARS)}".`;
}

function clipped(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}
