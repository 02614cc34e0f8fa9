/**
 * One text for all JSON that means the same: members sorted, those without a value or volatile left out, lists
 * compared as bags (the order of search results is no news). Bounded: what is too large is cut.
 */

export type CanonicalRules = {
  readonly leaveOut: (name: string, value: unknown) => boolean;
  readonly text: (text: string, name: string) => string;
};

/** A smaller number is no time, in seconds or milliseconds since 1970. */
const LEAST_MOMENT = 1_400_000_000;
/** What is longer is compared as a text. */
const MAX_PARSED_CHARS = 200_000;
const MAX_DEPTH = 12;
const MAX_ITEMS = 2_000;

export function canonicalText(value: unknown, rules: CanonicalRules, name = "", depth = 0): string {
  if (typeof value === "string") return JSON.stringify(rules.text(value, name));
  // 5 and "5" are the same argument to every model.
  if (typeof value === "boolean" || (typeof value === "number" && value < LEAST_MOMENT)) return `"${value}"`;
  if (typeof value === "number") return JSON.stringify(rules.text(`${value}`, name));
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return "";
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => canonicalText(item, rules, name, depth + 1));
    return `[${items.sort().join(",")}]`;
  }
  const members = Object.entries(value)
    .slice(0, MAX_ITEMS)
    .filter(
      ([key, member]) =>
        member !== null && member !== undefined && member !== "" && !rules.leaveOut(key, member),
    )
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member, rules, key, depth + 1)}`);
  return `{${members.sort().join(",")}}`;
}

/** A text that is JSON, as what it says; else as it is. */
export function parsed(value: unknown): unknown {
  if (typeof value !== "string" || value.length > MAX_PARSED_CHARS || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
