/**
 * What changes from one answer to the next though nothing has changed: times, durations, the ids of requests. Ids of
 * things (`order_id`) are content. Members go by their names, pieces of text by their shape.
 */
import { wordsOfName } from "./words-of-name.ts";

const ALWAYS = new Set(
  (
    "timestamp ts nonce salt elapsed duration latency took uptime timing epoch runtime now attempt attempts retries " +
    "csrf etag signature ratelimit jitter cachebuster nocache heartbeat rtt score relevance similarity confidence"
  ).split(" "),
);
const OF_AN_EXCHANGE = new Set(
  (
    "request req trace span correlation session query search execution exec invocation call log response reply " +
    "operation connection transaction txn idempotency run attempt client message msg event x amzn cf"
  ).split(" "),
);
const UNITS = new Set("ms millis milliseconds us micros ns sec secs seconds".split(" "));
/** Words of a model's own about why it calls: no part of what it asks. */
const ANNOTATIONS = new Set(
  "thought thoughts thinking reasoning rationale explanation justification purpose".split(" "),
);
const DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d|^\w{3}, \d{1,2} \w{3} \d{4} \d\d:|^\d\d:\d\d:\d\d/;

/** Whether a member of a result says nothing about what was asked. */
export function isVolatileMember(name: string, value: unknown): boolean {
  const words = wordsOfName(name);
  const last = words.at(-1) ?? "";
  if (words.some((word) => ALWAYS.has(word))) return true;
  if (name === "_" || (words.length > 1 && UNITS.has(last))) return true;
  if (words.includes("rate") && words.some((word) => word === "limit" || word === "remaining")) return true;
  if (words[0] === "cache" || (last === "ray" && words[0] === "cf")) return true;
  if (isIdName(name)) return words.length > 1 && words.slice(0, -1).every((word) => OF_AN_EXCHANGE.has(word));
  if (last === "at" || last === "time" || last === "date" || name === "t" || words.join(" ") === "as of")
    return isMoment(value);
  return false;
}

/** Of a call as such: which one it is, who makes it. */
const BOOKKEEPING = new Set(
  "trace seed rand random iteration counter seq metadata meta telemetry debug uuid guid correlation".split(
    " ",
  ),
);

/** The same for an argument, where the model's own remarks count for nothing as well. */
export function isVolatileArgument(name: string, value: unknown): boolean {
  const last = wordsOfName(name).at(-1) ?? "";
  if (name.startsWith("_") || ANNOTATIONS.has(last) || BOOKKEEPING.has(last)) return true;
  if (wordsOfName(name).includes("score")) return false;
  // A time that is asked for is the question itself.
  return isVolatileMember(name, value) && !/(_at|At|time|date|Time|Date)$/.test(name);
}

export function isIdName(name: string): boolean {
  const last = wordsOfName(name).at(-1);
  return last === "id" || last === "ids" || last === "uuid" || last === "guid" || last === "key";
}

function isMoment(value: unknown): boolean {
  if (typeof value === "number") return value > 1_400_000_000;
  return (
    typeof value === "string" &&
    (DATE_TIME.test(value) || /^\d\d:\d\d$/.test(value) || /^1\d{9}(\d{3})?$/.test(value))
  );
}

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?/g, "<time>"],
  [/\b\d{1,2}:\d\d:\d\d([.,]\d+)?\s?([AaPp][Mm])?(\s?(UTC|GMT|Z))?/g, "<time>"],
  [
    /\b(checked|updated|as of|refreshed|generated|retrieved|time|now|synced|seen)(:? (at )?)\d{1,2}:\d\d\b/gi,
    "$1$2<time>",
  ],
  [/\b\d{1,2}:\d\d ?[ap]\.?m\b/gi, "<time>"],
  [/\b1[4-9]\d{11}\b/g, "<time>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [
    /\b(req|request|trace|span|correlation|corr|session|sess|exec|execution|invocation)([ _-]?id)?[:=_ #-]+(?=[\w-]*\d)[\w-]{4,}/gi,
    "$1 <id>",
  ],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b/gi, "<id>"],
  [/\b\d+([.,]\d+)?\s?(ms|msecs?|milliseconds?|µs|us|s|secs?|seconds?|mins?|minutes?)\b/g, "<duration>"],
  [/\b(attempt|try|retry|retries|tries|call|request)( number| no\.?)?[ :#=]*\d+(( of |\/)\d+)?/gi, "$1 <n>"],
];

/** Of a longer text both ends are searched: there it says when it was made. */
const MAX_SEARCHED_CHARS = 32_000;

/** What each of the shapes has. */
const ANY_SHAPE =
  /\d:\d\d|\d\s?(ms|msecs?|milliseconds?|µs|us|s|secs?|seconds?|mins?|minutes?)\b|[0-9a-f]{8}|(attempt|try|retry|retries|tries|call|request|req|trace|span|corr\w*|sess\w*|exec\w*|invocation)[\w :#=.-]{0,14}\d/i;

/** A text without what is volatile by its shape, and without differences of white space. */
export function withoutVolatile(text: string): string {
  if (text.length > MAX_SEARCHED_CHARS) {
    const half = MAX_SEARCHED_CHARS / 2;
    return (
      withoutVolatile(text.slice(0, half)) + text.slice(half, -half) + withoutVolatile(text.slice(-half))
    );
  }
  let masked = text;
  // One look finds out that there is nothing, which is so nearly always.
  if (ANY_SHAPE.test(text)) for (const [shape, mark] of SHAPES) masked = masked.replace(shape, mark);
  return /\s\s|^\s|\s$|[\n\t\r]/.test(masked) ? masked.replace(/\s+/g, " ").trim() : masked;
}

/** A value that nobody would say by heart: `a81bc81b`, `msg_9fKx02LmQ1`. No `O-1042`, no `2026-10-05`. */
export function looksRandom(text: string): boolean {
  const tail = /^[a-z]{2,10}[_-]([A-Za-z0-9]+)$/.exec(text)?.[1] ?? text;
  return /^(?=.*\d)(?=.*[a-zA-Z])[A-Za-z0-9]{8,}$/.test(tail) && (tail.match(/\d+/g)?.length ?? 0) >= 2;
}
