/**
 * What a call came to: a number that is the same whenever nothing changed, and what kind of answer it was. Errors of
 * the transport (a timeout, a 429, a reset) are told apart here: they say nothing about the call.
 */
import { canonicalText, parsed } from "./canonical.ts";
import { hashText } from "./hash.ts";
import type { LoopPolicy } from "./loop-policy.ts";
import { actsBlindly, createsThings } from "./tool-words.ts";
import { isIdName, isVolatileMember, looksRandom, withoutVolatile } from "./volatile.ts";

export type Outcome = {
  readonly id: number;
  /** What was returned; a JSON text as what it says. */
  readonly value: unknown;
  readonly kind: "transport" | "error" | "empty" | "waiting" | "content";
  /** What was returned, as it was told. */
  readonly text: string;
  /** It speaks of a failure, whether it is an error or not: a red test. */
  readonly fails: boolean;
};

export function outcomeOf(tool: string, result: unknown, isError: boolean, policy: LoopPolicy): Outcome {
  const value = parsed(result);
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const error = isError || hasErrorShape(value);
  const kind = kindOf(tool, value, text, error);
  const id =
    policy.compare === "verbatim"
      ? hashText(`${isError} ${text}`)
      : hashText(`${error} ${canonical(tool, value, policy)}`);
  return { id, value, text, kind, fails: error || FAILS.test(text.slice(0, 4_000)) };
}

function canonical(tool: string, value: unknown, policy: LoopPolicy): string {
  const ownVolatile = policy.tools[tool]?.volatile ?? [];
  const creates = createsThings(tool);
  return canonicalText(value, {
    leaveOut: (name, member) =>
      ownVolatile.includes(name) ||
      isVolatileMember(name, member) ||
      (creates && /id|number|ref|url|link/i.test(name)),
    text: (text, name) => {
      // Of one call's answers two that differ in nothing else are the same; an id such as O-1042 is content.
      if (looksRandom(text)) return "<random>";
      if (isIdName(name) && !creates) return UUID.test(text) ? "<random>" : text;
      // "Ticket T-1042 created": the ticket is new, what was asked is not.
      return creates ? withoutVolatile(text).replace(/\S*\d\S*/g, "<id>") : withoutVolatile(text);
    },
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const FAILS = /\b(fail(ed|s|ures?|ing)?|errors?|exception|denied|refused|not found|invalid)\b/i;

const TRANSPORT =
  /\b(ECONN\w+|ETIMEDOUT|EAI_AGAIN|EPIPE|ENETUNREACH|EHOSTUNREACH|UND_ERR_\w+)\b|socket hang ?up|connection (was )?(reset|refused|closed|aborted|timed out|error)|network (error|timeout|is unreachable)|(timed|time)[ -]?out|did not answer within|deadline exceeded|too many requests|rate[ -_]?limit(ed)?\b|overloaded|service unavailable|temporarily unavailable|bad gateway|gateway time-?out|internal server error|fetch failed|\b(http|status|code|error)\W{0,4}(code\W{0,3})?(408|425|429|500|502|503|504|529)\b|^\W*(408|429|500|502|503|504|529)\b/i;

/** Told as an answer, without a mark of failure. */
const PLAINLY_TRANSPORT =
  /\b(ECONNRESET|ECONNREFUSED|ETIMEDOUT)\b|\b(request|connection|call|operation|gateway) timed? ?out\b|\b429 too many requests\b|\b50[234] (bad gateway|service|gateway)|\brate limit exceeded\b|^(the )?(service|server) (is )?(temporarily )?(unavailable|overloaded)/i;
const TRANSPORT_STATUSES: readonly unknown[] = [408, 425, 429, 500, 502, 503, 504, 529];

function kindOf(tool: string, value: unknown, text: string, error: boolean): Outcome["kind"] {
  if (!error && typeof value === "string" && value.length < 160 && PLAINLY_TRANSPORT.test(value))
    return "transport";
  if (isObject(value) && isTransportStatus(value)) return "transport";
  if (error && TRANSPORT.test(text.slice(0, 2_000).replace(/"/g, ""))) return "transport";
  if (isWaiting(value, text)) return "waiting";
  if (error) return "error";
  if (actsBlindly(tool) && text.length < 120) return "waiting";
  return isEmpty(value) ? "empty" : "content";
}

function hasErrorShape(value: unknown): boolean {
  if (typeof value === "string") return /^\s*(error|exception|fatal)\b\s*[:([]/i.test(value);
  if (!isObject(value)) return false;
  if (typeof value.error === "string" ? value.error !== "" : isObject(value.error)) return true;
  if (isTransportStatus(value)) return true;
  return value.isError === true || value.is_error === true || value.ok === false || value.status === "error";
}

function isTransportStatus(value: Record<string, unknown>): boolean {
  return [value.status, value.statusCode, value.status_code, value.http_status].some((status) =>
    TRANSPORT_STATUSES.includes(status),
  );
}

const WAITING_STATE =
  /^(pending|queued|running|in[ _-]?progress|processing|starting|started|waiting|building|scheduled|not[ _-]?ready|deploying|provisioning|initiali[sz]ing|syncing|indexing|creating|pulling|warming|verifying|rendering|training|importing|exporting)$/i;
const WAITING_TEXT =
  /\bstill (running|processing|pending|waiting|building|in progress|being|deploying|importing|indexing)\b|\bin progress\b|\bnot (yet )?(ready|finished|complete[d]?|available yet|done)\b|\b(please wait|try again (later|in|shortly|soon))\b|\b(is|are|was) (currently )?(locked|busy|pending|queued)\b|\bwaiting for\b|^(status|state): ?(pending|running|queued|processing|building)\b/i;

/** Only a short answer that says little else: an order whose status is `processing` is content. */
function isWaiting(value: unknown, text: string): boolean {
  if (text.length > 400) return false;
  if (typeof value === "string") return WAITING_STATE.test(value.trim()) || WAITING_TEXT.test(value);
  if (!isObject(value)) return false;
  const members = Object.entries(value);
  if (members.length > 8) return false;
  return members.some(
    ([name, member]) =>
      typeof member === "string" &&
      ((/^(.*_)?(status|state|phase|stage)$/i.test(name) && WAITING_STATE.test(member)) ||
        (/message|detail|error|reason/i.test(name) && WAITING_TEXT.test(member))),
  );
}

const NOTHING =
  /^\W*(none|null|nothing|empty|no (\w+ ){0,3}(results?|matches|hits|rows|records|items|entries|data|files)( (were )?found)?|nothing found|not found|0 (results|matches|rows))\b.{0,80}$/i;

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (typeof value === "string") return NOTHING.test(value.trim());
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return false;
  const lists = Object.values(value).filter(Array.isArray);
  return lists.length > 0 ? lists.every((list) => list.length === 0) : Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
