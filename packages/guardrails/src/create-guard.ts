/**
 * One guard for all that is said: a text and its direction in, a verdict out. It promises to be pure (the same text gets
 * the same verdict), never to throw, to take time linear in the text, and to be at rest: the text it redacted passes
 * redaction unchanged. What to do about the verdict is the caller's.
 */
import { completePolicy } from "./complete-policy.ts";
import { guardParts } from "./guard-parts.ts";
import type { GuardPolicy } from "./guard-policy.ts";
import { createGuardOf, type Guard } from "./judge.ts";

/** Later policies go before earlier ones: the agent's, then the tenant's. */
export function createGuard(...layers: readonly GuardPolicy[]): Guard {
  const policy = completePolicy(...layers);
  return createGuardOf(guardParts(policy), policy);
}
