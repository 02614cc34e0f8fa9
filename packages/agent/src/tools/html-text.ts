// Readable text out of HTML, for a model to read: no scripts, no styles, no tags, one line per block. Not a
// parser and no sanitiser (nothing renders the result). One pass, each character looked at a bounded number of
// times: a hostile page costs no more than a long one, which regular expressions over tags do not promise.

/** Elements whose content is not prose. */
const DROPPED = new Set(["script", "style", "noscript", "template", "svg", "iframe", "object", "canvas"]);
const BLOCK = new Set(
  (
    "address article aside blockquote body br button dd details dialog div dl dt fieldset figcaption figure footer " +
    "form h1 h2 h3 h4 h5 h6 head header hr html legend li main nav ol option p pre section select summary table " +
    "tbody td tfoot th thead title tr ul"
  ).split(" "),
);
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  copy: "©",
  reg: "®",
  euro: "€",
  pound: "£",
  cent: "¢",
  deg: "°",
  middot: "·",
  bull: "•",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  laquo: "«",
  raquo: "»",
  times: "×",
};

export function htmlToText(html: string): string {
  const lower = html.toLowerCase();
  // Lower-casing may change a string's length for a few letters; positions must then not be shared.
  const searched = lower.length === html.length ? lower : html;
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    if (open === -1) break;
    pieces.push(html.slice(at, open));
    if (html.startsWith("<!--", open)) {
      at = after(html, "-->", open + 4);
      continue;
    }
    const name = tagNameAt(searched, open);
    if (name === undefined) {
      // A lone "<" as in "a < b" is text.
      pieces.push("<");
      at = open + 1;
      continue;
    }
    const tagEnd = after(html, ">", open);
    const closing = searched[open + 1] === "/";
    if (BLOCK.has(name)) pieces.push("\n");
    at = !closing && DROPPED.has(name) ? after(html, ">", positionOf(searched, `</${name}`, tagEnd)) : tagEnd;
  }
  pieces.push(html.slice(at));
  return tidy(decodeEntities(pieces.join("")));
}

function tagNameAt(html: string, open: number): string | undefined {
  const match = /^<\/?([a-z][a-z0-9-]{0,30}|!doctype|\?xml)/i.exec(html.slice(open, open + 36));
  return match?.[1]?.toLowerCase();
}

/** Just behind the next `mark`, or the end: what is never closed swallows the rest, as it does in browsers. */
function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}

function positionOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g,
    (whole, decimal, hex, name) => {
      if (typeof name === "string") return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
      const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
      const printable = code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return printable || code === 9 || code === 10 ? String.fromCodePoint(code) : "";
    },
  );
}

function tidy(text: string): string {
  return text
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line, index, lines) => line !== "" || (lines[index - 1] ?? "") !== "")
    .join("\n")
    .trim();
}
