/**
 * Every URL that an answer would make a reader's program open: Markdown images and links, reference definitions, HTML
 * that loads, CSS, bare URLs. Found by hand from fixed beginnings, each looking ahead a bounded stretch: linear.
 */

export type LinkKind = "markdown_image" | "html_load" | "markdown_link" | "reference" | "html_link" | "url";

export type Link = {
  readonly kind: LinkKind;
  readonly url: string;
  /** The construct as a whole, `![…](…)`: what is taken out when the link is. */
  readonly start: number;
  readonly end: number;
};

const URL_MAX_CHARS = 8_192;

/** `](url "title")`; the opening bracket is looked for backwards, at most this far. */
const LABEL_MAX_CHARS = 512;
const inlineTarget = new RegExp(
  `\\]\\(\\s{0,8}(?:<([^<>\\n]{1,${URL_MAX_CHARS}})>|([^\\s()<>]{1,${URL_MAX_CHARS}}))`,
  "g",
);
const reference = new RegExp(
  `^ {0,3}\\[[^\\]\\n]{1,128}\\]:[ \\t]{0,8}\\n?[ \\t]{0,8}<?([^\\s<>]{1,${URL_MAX_CHARS}})>?`,
  "gm",
);
const tag =
  /<(img|iframe|script|link|video|audio|source|object|embed|image|input|body|table|td|form|a|area|base|meta)\b([^<>]{0,8192})/gi;
const attribute =
  /\b(?:src|srcset|href|data|poster|background|action|content|xlink:href)\s{0,4}=\s{0,4}(?:"([^"]{0,8192})"|'([^']{0,8192})'|([^\s"'>]{1,8192}))/gi;
const cssUrl = /\burl\(\s{0,4}["']?([^"')\s]{1,8192})/gi;
const bare =
  /\b(?:https?|ftp|wss?):\/\/[^\s<>"'`\])}|\\^]{1,8192}|\bdata:[a-z]{1,20}\/[a-z0-9.+-]{1,40}[;,][^\s<>"')]{0,8192}/gi;

export function findLinks(text: string): Link[] {
  if (!/:\/\/|\]\(|\]:|data:|\/\//i.test(text)) return [];
  const links = [...inlineLinks(text), ...references(text), ...htmlLinks(text), ...cssLinks(text)];
  const taken = joinedSpans(links);
  let next = 0;
  for (const { index, 0: found } of text.matchAll(bare)) {
    while ((taken[next]?.end ?? Number.POSITIVE_INFINITY) <= index) next += 1;
    if ((taken[next]?.start ?? Number.POSITIVE_INFINITY) <= index) continue;
    const url = found.replace(/[.,;:!?*_]{1,8}$/, "");
    links.push({ kind: "url", url, start: index, end: index + url.length });
  }
  return links.sort((a, b) => a.start - b.start);
}

function inlineLinks(text: string): Link[] {
  const links: Link[] = [];
  let from = 0;
  for (const match of text.matchAll(inlineTarget)) {
    const url = match[1] ?? match[2] ?? "";
    const low = Math.max(from, match.index - LABEL_MAX_CHARS);
    const open = text.lastIndexOf("[", match.index - 1);
    const label = open >= low ? open : match.index;
    const start = label > 0 && text.charAt(label - 1) === "!" ? label - 1 : label;
    const after = match.index + match[0].length;
    // A title may follow; the bracket that closes stands in the same line.
    const close = /^[^\n)]{0,256}\)/.exec(text.slice(after, after + 257))?.[0].length ?? 0;
    from = after + close;
    links.push({ kind: start < label ? "markdown_image" : "markdown_link", url, start, end: from });
  }
  return links;
}

function references(text: string): Link[] {
  return [...text.matchAll(reference)].map((match) => ({
    kind: "reference",
    url: match[1] ?? "",
    start: match.index,
    end: match.index + match[0].length,
  }));
}

function htmlLinks(text: string): Link[] {
  return [...text.matchAll(tag)].flatMap((match) => {
    const [whole, name = "", attributes = ""] = match;
    const end = match.index + whole.length + (text.charAt(match.index + whole.length) === ">" ? 1 : 0);
    const kind: LinkKind = /^(?:a|area|base)$/i.test(name) ? "html_link" : "html_load";
    return [...attributes.matchAll(attribute)]
      .map((found) => (found[1] ?? found[2] ?? found[3] ?? "").trim())
      .filter((url) => /^(?:[a-z][a-z0-9+.-]{0,20}:|\/\/)/i.test(url) || /;\s{0,4}url=/i.test(url))
      .map((url) => ({ kind, url: url.replace(/^\d+;\s{0,4}url=/i, ""), start: match.index, end }));
  });
}

function cssLinks(text: string): Link[] {
  return [...text.matchAll(cssUrl)]
    .filter((match) => /^(?:[a-z]{2,8}:|\/\/)/i.test(match[1] ?? ""))
    .map((match) => ({
      kind: "html_load",
      url: match[1] ?? "",
      start: match.index,
      end: match.index + match[0].length,
    }));
}

function joinedSpans(links: readonly Link[]): { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of [...links].sort((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}
