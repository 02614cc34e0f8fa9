// The literal things in a text that tools take as arguments: addresses, names, numbers, dates, sums, ids, quotations.
// Every pattern runs in linear time; texts come from users.

export type Features = {
  readonly urls: readonly string[];
  readonly emails: readonly string[];
  readonly expressions: readonly string[];
  readonly quotes: readonly string[];
  readonly files: readonly string[];
  readonly dates: readonly string[];
  readonly ids: readonly string[];
  readonly numbers: readonly number[];
};

const URLS = /\bhttps?:\/\/[^\s<>"'`]+/g;
const EMAILS = /[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/g;
const QUOTES =
  /"([^"\n]{1,2000})"|“([^”\n]{1,2000})”|`([^`\n]{1,2000})`|(?:^|[\s(:,])'([^\n]{1,2000}?)'(?=$|[\s).,;:!?])/g;
const FILES = /\b[\w-][\w.-]{0,120}\.(?:txt|md|pdf|csv|tsv|json|xml|html?|docx?|xlsx?|log|ya?ml)\b/gi;
const DATES = /\b\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?\b/g;
const IDS = /\b(?:[A-Z]{1,8}-\d{1,16}|[A-Z]{1,8}-[A-Z0-9]{4,40}|[a-z]{2,8}_[A-Za-z0-9]*\d[A-Za-z0-9]*)\b/g;
const NUMBERS = /(?<![\w.-])-?\d{1,15}(?:\.\d{1,10})?(?![\w-])/g;

const MAX_RUN_CHARS = 500;
/** A line that speaks of documents and ends in a colon, and the list below it. */
const LIST =
  /(?:^|[\W_])(?:documents?|files?|attachments?)\b[^\n]{0,120}:[ \t]*\n((?:[ \t]*[-*][^\n]{1,1100}(?:\n|$))+)/i;

export function featuresOf(text: string): Features {
  const urls = found(text, URLS).map((url) => url.replace(/[.,;:!?)\]]+$/, ""));
  const rest = text.replace(URLS, " ");
  const emails = found(rest, EMAILS).map((address) => address.replace(/\.+$/, ""));
  const quotes = [...text.matchAll(QUOTES)].map(([, a, b, c, d]) => (a ?? b ?? c ?? d ?? "").trim());
  const dates = found(rest, DATES);
  const ids = found(rest, IDS);
  const files = unique([...found(rest.replace(EMAILS, " "), FILES), ...listedNames(text)]);
  const bare = rest.replace(EMAILS, " ").replace(DATES, " ").replace(IDS, " ").replace(FILES, " ");
  return {
    urls: unique(urls),
    emails: unique(emails),
    expressions: unique(expressionsIn(bare)),
    quotes: quotes.filter((quote) => quote !== ""),
    files,
    dates: unique(dates),
    ids: unique(ids),
    numbers: found(bare, NUMBERS).map(Number),
  };
}

/** The text without its list of documents. */
export function withoutList(text: string): string {
  return text.replace(LIST, " ");
}

/** The customer or user a text speaks of: "customer C-1042", "user: ann", "customer id is 77". */
export function personIn(text: string): string | undefined {
  const named =
    /\b(?:customer|user|client|account)(?:[ _]?(?:id|number|no))?\s*(?::|=|\bis\b)\s*["'`]?([\w.@-]{1,64})/i.exec(
      text,
    );
  const plain =
    /\b(?:customer|user|client|account)(?:[ _]?(?:id|number|no))?\s*[("'`]?\s*([A-Za-z]{0,8}[-_]?\d[\w-]{0,32})/i.exec(
      text,
    );
  const value =
    named !== null && (/\d/.test(named[1] ?? "") || /[:=]/.test(named[0])) ? named[1] : plain?.[1];
  return value?.replace(/[.]+$/, "") ?? /\b(?:C|CUS|CUST)-\d{1,12}\b/.exec(text)?.[0];
}

/** `12*(3+4)`, `15% of 80`, `7 times 8`. Ranges and dates (3-5 days, 24/7) are none unless the text asks to compute. */
function expressionsIn(text: string): string[] {
  const spelled = text
    .replace(/(\d+(?:\.\d+)?)\s*(?:%|percent) of (\d+(?:\.\d+)?)/gi, "($1 / 100) * $2")
    .replace(/(?<=[\d)])\s*(?:times|multiplied by|[×·]|x(?=\s*\d))\s*(?=[\d(])/gi, " * ")
    .replace(/(?<=[\d)])\s*(?:divided by|÷)\s*(?=[\d(])/gi, " / ")
    .replace(/(?<=[\d)])\s*plus\s*(?=[\d(])/gi, " + ")
    .replace(/(?<=[\d)])\s*minus\s*(?=[\d(])/gi, " - ");
  const asksToCompute = /\b(?:calculat|comput|evaluat|how much|what(?:'s| is)|sum of|result)/i.test(text);
  const runs =
    spelled.match(
      /(?:\b(?:sqrt|abs|round|floor|ceil|min|max|mean|sum|log|ln|sin|cos|tan|pi)\b|[\d.,()+*/^%!\s-])+/g,
    ) ?? [];
  return runs.flatMap((run) => {
    if (run.length > MAX_RUN_CHARS) return [];
    const expression = balanced(run.replace(/^[\s,.*/^%!)]+/, "").replace(/[\s,.+*/^(-]+$/, ""));
    const hasWork =
      /[\d)!%]\s*[+\-*/^]\s*[-(]?\s*(?:\d|[a-z(])/.test(expression) || /[a-z]\(.*\d.*\)/.test(expression);
    if (!hasWork || expression.length > 400) return [];
    return /^\d+(?:[-/]\d+){1,2}$/.test(expression) && !asksToCompute ? [] : [expression];
  });
}

/** Drops the brackets that have no partner at the ends; anything worse is no expression. */
function balanced(run: string): string {
  let depth = 0;
  for (const character of run) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth < 0) return "";
  }
  if (depth === 0) return run.trim();
  const trimmed = run.replace(/^\(+\s*/, "");
  return trimmed === run ? "" : balanced(trimmed);
}

/** Names in a list that a line about documents introduces: `- "report 2025" (1200 characters)`. */
function listedNames(text: string): string[] {
  const list = LIST.exec(text)?.[1];
  if (list === undefined) return [];
  return list.split("\n").flatMap((line) => {
    const name = /^[ \t]*[-*]\s*("(?:[^"\\]|\\.)*"|[^\n(]+)/.exec(line)?.[1]?.trim();
    if (name === undefined || name === "") return [];
    if (!name.startsWith('"')) return [name];
    try {
      const parsed: unknown = JSON.parse(name);
      return typeof parsed === "string" ? [parsed] : [];
    } catch {
      return [];
    }
  });
}

function found(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? [];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
