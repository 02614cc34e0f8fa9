/** Tells "Redis is away, or cannot serve now" from a fault of our own, by what ioredis throws. */

const wireCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
const clientErrors = new Set(["MaxRetriesPerRequestError", "ClusterAllFailedError", "AbortError"]);
const clientMessages =
  /^(?:Command timed out|Connection is closed|Stream isn't writeable|None of startup nodes)/;
/** Servers that are starting, demoted, full, split or not letting us in. */
const serverMessages =
  /^(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|NOREPLICAS|BUSY|NOAUTH|WRONGPASS|UNKILLABLE)\b|-READONLY\b/;

export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && wireCodes.has(error.code)) return true;
  if (clientErrors.has(error.name) || clientErrors.has(error.constructor.name)) return true;
  return clientMessages.test(error.message) || serverMessages.test(error.message) || isStoreAway(error.cause);
}
