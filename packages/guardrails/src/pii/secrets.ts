/**
 * What opens doors: private keys, tokens of known vendors, JWTs, values that a name before them calls secret, and URLs
 * that carry a password. Linear whatever the text: no pattern searches the same stretch from many starts.
 */
import { createRunFinder } from "../character-run.ts";
import type { Found } from "./found.ts";
import { vendorKeys } from "./vendor-key.ts";

export function findSecrets(text: string): Found[] {
  return [
    ...findPrivateKeys(text),
    ...findUrlsWithPasswords(text),
    ...(mayHoldKey(text) ? [...findJwts(text), ...findVendorKeys(text), ...findNamedSecrets(text)] : []),
  ];
}

/** Nothing random is so long and has no digit; the shortest key (`xoxb-` and ten characters) is one run of its own. */
function mayHoldKey(text: string): boolean {
  return hasLongRun(text) && /\d/.test(text);
}
const hasLongRun = createRunFinder(/[\w.~+/=:!@#$%^&*-]/, 15);

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;

/** PEM blocks; an unclosed one goes to the end of the text. */
function findPrivateKeys(text: string): Found[] {
  const found: Found[] = [];
  if (!text.includes("-----BEGIN ")) return found;
  const begin = new RegExp(keyBegin);
  for (let head = begin.exec(text); head !== null; head = begin.exec(text)) {
    const close = text.indexOf("-----END ", begin.lastIndex);
    const dashes = close === -1 ? -1 : text.indexOf("-----", close + "-----END ".length);
    const end = dashes === -1 ? text.length : dashes + "-----".length;
    found.push({ category: "private_key", start: head.index, end, score: 1 });
    begin.lastIndex = end;
  }
  return found;
}

const dataStore =
  /^(?:jdbc:)?(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|valkeys?|amqps?|nats|mssql|sqlserver|oracle|clickhouse|cockroachdb|couchbase|cassandra|neo4j(?:\+s)?|bolt|snowflake|redshift|db2|sqlalchemy|postgresql\+\w+|mysql\+\w+)$/i;
const passwordParameter = /[?&;](?:password|pwd|pass)=[^&;\s]/i;

/** `scheme://user:password@host`. Of a data store's all is taken, of another URL the user and the password. */
function findUrlsWithPasswords(text: string): Found[] {
  const found: Found[] = [];
  const word = /[^\s"'<>`]*/y;
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    const scheme = /[a-z][a-z0-9+.:-]{0,31}$/i.exec(text.slice(Math.max(0, at - 32), at))?.[0];
    if (scheme === undefined) continue;
    word.lastIndex = at + 3;
    const rest = word.exec(text)?.[0].replace(/[.,;:!?)\]}]{1,8}$/, "") ?? "";
    const start = at - scheme.length;
    if (dataStore.test(scheme)) {
      // Passwords of data stores are often written unescaped: the last @ is the host's.
      const user = rest.slice(0, Math.max(0, rest.lastIndexOf("@")));
      if (/^[^:]{0,256}:./s.test(user) || passwordParameter.test(rest))
        found.push({ category: "database_url", start, end: at + 3 + rest.length, score: 1 });
    } else {
      const login = /^[^\s/?#@:]{0,256}:[^\s/?#@]{1,256}(?=@)/.exec(rest)?.[0];
      if (login !== undefined)
        found.push({ category: "url_credentials", start: at + 3, end: at + 3 + login.length, score: 0.9 });
    }
    at += rest.length;
  }
  return found;
}

/** It starts at a word's border, or "eyJeyJeyJ…" would be searched once per "eyJ". */
const jwt = /(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{6,}\.[\w-]{8,}\.?[\w-]*(?:\.[\w-]+){0,2}/g;

function findJwts(text: string): Found[] {
  return [...text.matchAll(jwt)].map(({ index, 0: token }) => ({
    category: "jwt" as const,
    start: index,
    end: index + token.length,
    score: 1,
  }));
}

const anyVendorKey = new RegExp(
  `(?<![A-Za-z0-9_-])(?:${vendorKeys.map(({ shape }) => shape.source).join("|")})`,
  "g",
);

function findVendorKeys(text: string): Found[] {
  return [...text.matchAll(anyVendorKey)].map(({ index, 0: key }) => apiKey(index, index + key.length, 1));
}

const names =
  "api[_. -]?key|apikey|access[_. -]?key|secret[_. -]?(?:access[_. -]?)?key|account[_-]?key|shared[_-]?access[_-]?key|" +
  "client[_. -]?secret|app[_. -]?secret|secret|auth[_. -]?token|access[_. -]?token|refresh[_. -]?token|token|" +
  "passw(?:or)?d|pwd|passphrase|private[_. -]?key|bearer|authorization|signature|sig";
const named = new RegExp(
  `(?<![A-Za-z0-9])(?:${names})(?:\\\\?["'])?(?:\\s{0,4}[:=]\\s{0,4}|\\s{1,2}(?:is\\s{1,2})?)(?:(?:bearer|basic|token)\\s{1,2})?(?:\\\\?["'])?([\\w+/=.~!@#$%^&*-]{12,})`,
  "gi",
);

/** `api_key = "…"`, `Authorization: Bearer …`: only what no person would write as a word. */
function findNamedSecrets(text: string): Found[] {
  const found: Found[] = [];
  for (const match of text.matchAll(named)) {
    const value = (match[1] ?? "").replace(/[.!]+$/, "");
    const start = match.index + match[0].length - (match[1] ?? "").length;
    if (looksRandom(value)) found.push(apiKey(start, start + value.length, 0.8));
  }
  return found;
}

/** Letters and digits mixed, and hardly a character twice. */
function looksRandom(value: string): boolean {
  const sample = value.slice(0, 128);
  if (sample.length < 16 || !/\d/.test(sample) || !/[A-Za-z]/.test(sample)) return false;
  if (/^[a-z]+(?:[._-][a-z]+)*[._-]?\d{0,4}$/i.test(sample)) return false;
  const counts = new Map<string, number>();
  for (const char of sample) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / sample.length) * Math.log2(count / sample.length);
  return bits >= 3;
}

function apiKey(start: number, end: number, score: number): Found {
  return { category: "api_key", start, end, score };
}
