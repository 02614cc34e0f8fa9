// Tells by its name whether a field, header or variable holds a secret. Names are read as words, so that
// `apiKey`, `x-api-key` and `ANTHROPIC_API_KEY` are one case while `input_tokens` and `idempotency_key` are
// another. In doubt the answer is "secret", except for names that only describe one (`api_key_id`).

/**
 * - `whole`: everything under the name is secret, whatever its shape.
 * - `text`: the text under the name is secret; numbers and booleans are counts and flags.
 * - `open`: the name says nothing.
 */
export type Secrecy = "whole" | "text" | "open";

/** Any of these words makes the name secret. */
const wholeWords = new Set([
  ...["authorization", "cookie", "cookies", "credential", "credentials", "cvc", "cvv", "otp"],
  ...["passphrase", "passwd", "password", "passwords", "pwd", "secret", "secrets", "setcookie", "jwt"],
]);

/** As the last word, these name a secret text; as a number they are something else (`token: 7`). */
const textWords = new Set(["auth", "pass", "token", "tokens"]);

/** `key` says nothing alone (a Redis key, an idempotency key); after these words it is a secret. */
const keyOwners = new Set([
  ...["access", "account", "admin", "api", "auth", "encryption", "license", "master", "private", "secret"],
  ...["service", "shared", "signing", "ssh"],
]);

/** As the last word, these make the name a description of a secret that is not the secret itself. */
const describingWords = new Set([
  ...["age", "at", "bytes", "count", "endpoint", "enabled", "expiry", "id", "ids", "kind", "length", "limit"],
  ...["method", "ms", "name", "names", "policy", "prefix", "required", "scheme", "scopes", "status", "type"],
  ...["url", "usage", "version", "window"],
]);

/** Names written without any separator, matched by their end. */
const smashed = /(?:apikeys?|accesskey|secretkey|privatekey|token|password|passwd|secret|authorization)$/;

/** Names longer than this are data, not names; reading them word by word would cost more than it tells. */
const longestName = 200;

/** The names of a process are few, and each is asked for again and again; data in names' place is forgotten. */
const known = new Map<string, Secrecy>();
const mostKnown = 2_000;

export function secrecyOf(name: string): Secrecy {
  if (name.length > longestName) return "open";
  const before = known.get(name);
  if (before !== undefined) return before;
  if (known.size >= mostKnown) known.clear();
  const secrecy = readSecrecy(name);
  known.set(name, secrecy);
  return secrecy;
}

function readSecrecy(name: string): Secrecy {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined || describingWords.has(last)) return "open";
  if (words.some((word) => wholeWords.has(word))) return "whole";
  if (textWords.has(last)) return "text";
  if ((last === "key" || last === "keys") && keyOwners.has(words.at(-2) ?? "")) return "text";
  if (words.length === 1 && smashed.test(last)) return last.endsWith("token") ? "text" : "whole";
  return "open";
}

/** `x-apiKey2` → ["x", "api", "key2"]: breaks at every non-letter and before a capital that starts a word. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ""))
    .filter((word) => word !== "");
}

/** Headers whose value follows them in a flat list, as in Node's `rawHeaders`. */
const secretHeaders = new Set([
  ...["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token"],
]);

export function isSecretHeader(name: string): boolean {
  return name.length < 32 && secretHeaders.has(name.toLowerCase());
}
