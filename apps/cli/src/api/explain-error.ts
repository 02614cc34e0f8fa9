/** What went wrong with a request, in words that say what to do, and with the exit code that goes with it. */
import { PawlError, type PawlErrorCode } from "@pawl/client";
import { problems } from "@pawl/protocol";
import { CommandFault, exitCodes } from "../command-line/fault.ts";
import type { Connection } from "./find-connection.ts";

export function explainError(error: PawlError, connection: Connection): CommandFault {
  const { code, status, requestId, message } = error;
  const more = { code, cause: error, ...(requestId === null ? {} : { requestId }) };
  if (code === "unauthorized") {
    return new CommandFault(exitCodes.keyRefused, `The api at ${connection.url} refused the key.`, {
      ...more,
      fix: `The key came from ${connection.keyFrom ?? "nowhere"}. Give the right one with --key or PAWL_API_KEY.`,
    });
  }
  if (code === "unexpected_answer" && (status ?? 0) < 500) {
    return new CommandFault(
      exitCodes.unreachable,
      `Something answers at ${connection.url}, but it is not Pawl's api.`,
      { ...more, code: "not_pawl", fix: "Name the right address with --url or PAWL_URL." },
    );
  }
  if (status === null || code === "unexpected_answer") return unreachable(connection, error);
  // The store is away: as good as no api.
  const exitCode = status === 503 ? exitCodes.unreachable : exitCodes.failed;
  const title = code in problems ? `${problems[code as keyof typeof problems].title}: ` : "";
  const faults = error.errors.map(({ pointer, message: what }) => `${pointer} ${what}`);
  const fix = [...faults, ...adviceFor(error), `(request ${requestId})`].join("\n");
  return new CommandFault(exitCode, `${title}${message}`, { ...more, fix });
}

function unreachable({ url, urlFrom }: Connection, error: PawlError): CommandFault {
  const fixes = {
    "--url": "Is the address right, and does the api run there?",
    PAWL_URL: "PAWL_URL names it. Is the address right, and does the api run there?",
    "npm start":
      "`npm start` runs from this folder, but its api does not answer. Its log: .pawl/logs/api.log",
    default: "Start Pawl with `npm start`, or name another api with --url or PAWL_URL.",
  };
  const reason = error.status === null ? reasonOf(error) : `HTTP ${error.status}`;
  return new CommandFault(exitCodes.unreachable, `The api at ${url} cannot be reached: ${reason}.`, {
    code: "unreachable",
    fix: `${fixes[urlFrom]}\n\`pawl doctor\` looks closer.`,
    cause: error,
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  ECONNRESET: "it closed the connection",
  ETIMEDOUT: "it does not answer",
  ENETUNREACH: "there is no network to it",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
};

/** The innermost reason: fetch says only that it failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || (error instanceof PawlError && error.code === "timeout")) {
    return "it did not answer in time";
  }
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error.cause !== undefined) return reasonOf(error.cause);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return reasons[code] ?? error.message;
}

function adviceFor({ code, retryAfterMs }: PawlError): string[] {
  const wait = retryAfterMs === null ? "" : `; or wait ${Math.ceil(retryAfterMs / 60_000)} min`;
  const advice: Partial<Record<PawlErrorCode, string>> = {
    budget_exhausted: `\`pawl budgets get\` shows the limit, \`pawl budgets set\` raises it${wait}.`,
    forbidden: "Use a key with more rights: `pawl keys create --scope admin`, or the admin key.",
    not_found: "Is the id right, and the key of the same tenant?",
  };
  const found = advice[code];
  return found === undefined ? [] : [found];
}
