// Takes secrets out of free text: error messages, URLs, header dumps, a model's prose. It promises three things:
// linear time whatever the text (no pattern can search the same stretch from many starts), a fixed point
// (redacting twice is redacting once), and failing closed: text that cannot be searched is withheld.
import { secrecyOf } from "./secret-name.ts";

export const redacted = "[redacted]";

/** The text with every secret that can be told by its shape or its surroundings replaced by `[redacted]`. */
export function redactText(text: string): string {
  try {
    if (!anyHint.test(text)) return text;
    let clean = withoutNamedSecrets(withoutPrivateKeys(text));
    for (const { pattern, replace } of shapes) clean = clean.replace(pattern, replace);
    return clean;
  } catch {
    // The engine gives up on a text (its stack is finite): better no text than a secret in it.
    return redacted;
  }
}

/** PEM blocks, by hand: an unclosed one is taken to the end of the text. */
function withoutPrivateKeys(text: string): string {
  if (!text.includes("PRIVATE KEY")) return text;
  const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
  let clean = "";
  let from = 0;
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    clean += text.slice(from, found.index) + redacted;
    const end = text.indexOf("-----END ", begin.lastIndex);
    const dashes = end === -1 ? -1 : text.indexOf("-----", end + "-----END ".length);
    if (dashes === -1) return clean;
    from = dashes + "-----".length;
    begin.lastIndex = from;
  }
  return clean + text.slice(from);
}

// A name and the start of its value: `"name": "`, `\"name\":\"` (JSON within JSON), `name: '`, `name=`.
// Unquoted values are taken after a bare `=` only: `token: expired` and `token = next()` are prose and code.
const nameAndStart =
  /(?<![\w.-])([\w.-]{2,100})(?:(?:\\{0,15}["'])?\s{0,8}[:=]\s{0,8}(\\{0,15})(["'])|=(?=[^\s"'=]))/g;

/** Values told by the name before them; by hand, since a value ends where its kind of quote does. */
function withoutNamedSecrets(text: string): string {
  const start = new RegExp(nameAndStart);
  let clean = "";
  let from = 0;
  for (let found = start.exec(text); found !== null; found = start.exec(text)) {
    const [, name = "", escapes = "", quote] = found;
    const secrecy = secrecyOf(name);
    if (secrecy === "open") continue;
    const begin = start.lastIndex;
    const inQuery = /[?&]/.test(text.charAt(found.index - 1));
    const count = secrecy === "text" && /tokens?$/i.test(name) ? countAt(text, begin) : 0;
    const end =
      quote === undefined
        ? endOfWord(text, begin, inQuery)
        : endOfLine(text, begin, endOfQuote(text, begin, quote, escapes.length));
    start.lastIndex = count > 0 ? begin + count : end;
    if (end === begin || count > 0) continue;
    clean += text.slice(from, begin) + redacted;
    from = end;
  }
  return clean + text.slice(from);
}

/** No quoted value goes on beyond its line; an apostrophe in prose shall not take the rest of the text. */
function endOfLine(text: string, begin: number, end: number): number {
  const line = text.slice(begin, end).search(/[\r\n]/);
  return line === -1 ? end : begin + line;
}

/** How many characters of a plain number stand there: `max_tokens=4096&…` counts tokens, it is none. */
function countAt(text: string, begin: number): number {
  return /^\d{1,15}(?![\w.-])/.exec(text.slice(begin, begin + 17))?.[0].length ?? 0;
}

function endOfWord(text: string, begin: number, inQuery: boolean): number {
  const stop = inQuery ? /[\s"'&#]/g : /[\s"']/g;
  stop.lastIndex = begin;
  return stop.exec(text)?.index ?? text.length;
}

/** The closing quote is escaped as often as the opening one (or carries whole pairs: `\\"` ends a string). */
function endOfQuote(text: string, begin: number, quote: string, escapes: number): number {
  for (let at = text.indexOf(quote, begin); at !== -1; at = text.indexOf(quote, at + 1)) {
    let slashes = 0;
    while (at - slashes > begin && text.charAt(at - slashes - 1) === "\\") slashes += 1;
    if (slashes <= escapes) return at - slashes;
    if (escapes === 0 && slashes % 2 === 0) return at;
  }
  return text.length;
}

type Shape = {
  /** Without this, in any case, the pattern matches nowhere: one cheap search spares most texts all the others. */
  hint: string;
  pattern: RegExp;
  replace: (match: string, ...groups: string[]) => string;
};

const all = () => redacted;
const afterFirstGroup = (_: string, head = "") => `${head}${redacted}`;

const shapes: readonly Shape[] = [
  // redis://user:pass@host. Data stores' passwords are often written unescaped, so everything up to the last @
  // of the word goes; for other schemes the userinfo ends where the URL grammar says.
  {
    hint: "://",
    pattern:
      /\b((?:rediss?|valkeys?|postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|amqps?|nats):\/\/)([^\s"'<>]*)/gi,
    replace: (match, scheme = "", rest = "") => {
      const at = rest.lastIndexOf("@");
      return at === -1 ? match : `${scheme}${redacted}${rest.slice(at)}`;
    },
  },
  { hint: "://", pattern: /(:\/\/)[^\s/?#"'<>\\]+(?=@)/g, replace: afterFirstGroup },

  // Header lines. A scheme or a digit is asked for, so that prose ("authorization: required") stays readable.
  {
    hint: "authorization",
    pattern:
      /\b(authorization\s{0,4}[:=]\s{0,4})(?:(?:basic|bearer|digest|token|apikey|api-key|hmac|negotiate|aws4-hmac-sha256)\s[^"'\\\r\n]*|(?=[^\s"'\\]{0,64}\d)[^\s"'\\,;]{8,})/gi,
    replace: afterFirstGroup,
  },
  {
    hint: "cookie",
    pattern: /\b((?:set-)?cookie\s{0,4}:\s{0,4})[\w.-]{1,128}=[^"'\\\r\n]*/gi,
    replace: afterFirstGroup,
  },
  { hint: "x-api-key", pattern: /\b(x-api-key\s{0,4}[:=]\s{0,4})[^\s"'\\,;]+/gi, replace: afterFirstGroup },
  { hint: "bearer", pattern: /\b(Bearer\s{1,4})([\w.~+/=-]+)/gi, replace: bearer },
  { hint: "basic", pattern: /\b(Basic\s{1,4})([A-Za-z0-9+/_-]{6,}={0,2})/gi, replace: basic },

  // Tokens known by their shape.
  { hint: "sk-", pattern: /sk-ant-[\w-]{4,}/g, replace: all },
  { hint: "sk-", pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9][\w-]{19,}/g, replace: all },
  { hint: "whsec_", pattern: /whsec_[\w+/=-]{4,}/g, replace: all },
  // Metrics are called pawl_… too; a random key always has a digit or a capital among so many characters.
  {
    hint: "pawl_",
    pattern: /pawl_[\w-]{12,}/g,
    replace: (match) => (/[0-9A-Z]/.test(match) ? redacted : match),
  },
  { hint: "akia|asia", pattern: /(?:AKIA|ASIA)[A-Z0-9]{16}/g, replace: all },
  {
    hint: "gh[opsur]_|github_pat_|glpat-|npm_",
    pattern: /(?:gh[opsur]_|github_pat_|glpat-|npm_)[\w-]{20,}/g,
    replace: all,
  },
  { hint: "[sr]k_(?:live|test)_", pattern: /(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}/g, replace: all },
  { hint: "xox", pattern: /xox[abeoprs]-[\w-]{10,}/g, replace: all },
  { hint: "aiza", pattern: /AIza[\w-]{30,}/g, replace: all },
  // A JWT. It starts at a word border (or after %20), or "eyJeyJeyJ…" would be searched once per "eyJ".
  {
    hint: "eyj",
    pattern: /(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{6,}\.[\w-]{2,}(?:\.[\w-]*)?/g,
    replace: all,
  },
];

/** A named secret follows `:` or `=`. */
const anyHint = new RegExp(
  ["[:=]", "private key", ...new Set(shapes.map(({ hint }) => hint))].join("|"),
  "i",
);

/** A long or mixed word after "Bearer" is a token; a plain one is English ("bearer shares"). */
function bearer(match: string, scheme = "", token = ""): string {
  return /^[A-Za-z]?[a-z]{0,14}[.]?$/.test(token) ? match : `${scheme}${redacted}`;
}

/** "Basic" is also a word: what follows is a credential if it decodes to printable `user:password`. */
function basic(match: string, scheme = "", encoded = ""): string {
  const plain = Buffer.from(encoded, "base64").toString("latin1");
  return /^[\x20-\x7e\xa0-\xff]*:[\x20-\x7e\xa0-\xff]*$/.test(plain) ? `${scheme}${redacted}` : match;
}
