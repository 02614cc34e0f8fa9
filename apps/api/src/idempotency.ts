/**
 * Idempotency-Key: the same request, sent again, gets the first answer. The key is the caller's, per tenant and
 * route; the digest tells whether it is the same request, whatever the order of its members.
 */
import { createHash } from "node:crypto";
import type { Request } from "express";
import { singleHeader } from "./parse-request.ts";
import { HttpProblem } from "./problem.ts";

export function idempotencyKey(request: Request): string | undefined {
  const key = singleHeader(request, "idempotency-key");
  if (key === undefined) return undefined;
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new HttpProblem("invalid_request", "Idempotency-Key must be 1 to 255 printable ASCII characters.");
  }
  return key;
}

export function digestOfBody(body: unknown): string {
  const canonical = JSON.stringify(body, (_name, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
  return createHash("sha256").update(canonical).digest("hex");
}
