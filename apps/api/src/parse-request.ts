/** Puts a body or a query through its schema; what the schema refuses becomes a 400 with a pointer for each fault. */
import type { Request } from "express";
import { z } from "zod";
import { jsonPointer } from "./check-json.ts";
import { HttpProblem, invalidRequest, type RequestFault } from "./problem.ts";

export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap((issue) => faultsOf(issue, [])));
}

/** `schema` sees the query as an object of strings; a name given twice is refused before. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  const query = new Map<string, string>();
  const at = request.originalUrl.indexOf("?");
  for (const [name, value] of new URLSearchParams(at < 0 ? "" : request.originalUrl.slice(at + 1))) {
    if (query.has(name)) throw invalidRequest([{ pointer: jsonPointer([name]), message: "is given twice" }]);
    query.set(name, value);
  }
  return parseBody(schema, Object.fromEntries(query));
}

const NoQuery = z.strictObject({});

/** For routes that take no query: a misspelt parameter is told, not ignored. */
export function refuseQuery(request: Request): void {
  parseQuery(NoQuery, request);
}

/** The one value of a header, or undefined; a header sent twice would mean two things. */
export function singleHeader(request: Request, name: string): string | undefined {
  const values = request.headersDistinct[name] ?? [];
  if (values.length > 1) throw new HttpProblem("invalid_request", `The header ${name} is given twice.`);
  return values[0];
}

function faultsOf(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): RequestFault[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => ({
      pointer: jsonPointer([...path, name]),
      message: "is not a known member",
    }));
  }
  if (issue.code === "invalid_union") {
    // The branch that got furthest is the one that was meant: all others failed at the value's very type.
    const meant = issue.errors.find((branch) => branch.some((inner) => !isTypeOfWhole(inner)));
    if (meant !== undefined) return meant.flatMap((inner) => faultsOf(inner, path));
    const expected = issue.errors
      .flat()
      .flatMap((inner) => (inner.code === "invalid_type" ? [inner.expected] : []));
    if (expected.length > 0)
      return [{ pointer: jsonPointer(path), message: `expected ${expected.join(" or ")}` }];
  }
  return [{ pointer: jsonPointer(path), message: messageOf(issue) }];
}

function isTypeOfWhole(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.path.length === 0;
}

function messageOf(issue: z.core.$ZodIssue): string {
  const isMissing =
    issue.code === "invalid_type" && issue.input === undefined && /undefined/.test(issue.message);
  if (isMissing) return "is required";
  return issue.message.startsWith("Invalid input: ")
    ? issue.message.slice("Invalid input: ".length)
    : issue.message;
}
