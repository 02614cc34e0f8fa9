/**
 * One guard for all that is said: a text and its direction in, a verdict out. It promises to be pure (the same text gets
 * the same verdict), never to throw, to take time linear in the text, and to be at rest: the text it redacted passes
 * redaction unchanged. `checkFully` hears the content guard's second tier besides, where the policy asks for it: better
 * judged, but slower, and not pure, since the inline verdict stands where the tier is overrun or fails. What to do about
 * the verdict is the caller's.
 */

import type { GuardPolicy } from "@pawl/protocol";
import { completePolicy } from "./complete-policy.ts";
import { guardParts } from "./guard-parts.ts";
import { createGuardOf, type Guard } from "./judge.ts";
import { contentSecondLook } from "./second-look.ts";

/** Later policies go before earlier ones: the agent's, then the tenant's. */
export function createGuard(...layers: readonly GuardPolicy[]): Guard {
  const policy = completePolicy(...layers);
  return createGuardOf(guardParts(policy), policy, contentSecondLook);
}
