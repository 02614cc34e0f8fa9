/**
 * The guards of a task, as its definition pins them. Guards are made once for each set of policies, since what they keep
 * of a policy is dear to make and tasks of an agent share it.
 */
import type { Guards } from "@pawl/agent";
import {
  createGuard,
  createStreamRedactor,
  type Guard,
  messageOf,
  repairNote,
  spotlight,
} from "@pawl/guardrails";
import type { GuardPolicy, PinnedGuards } from "@pawl/protocol";

type MadeGuards = { policies: readonly GuardPolicy[]; guard: Guard; callGuard: Guard };

/** Agents times tenants with a policy of their own: few. */
const MOST_KEPT = 100;
const made = new Map<string, MadeGuards>();

export function taskGuards(pinned: PinnedGuards | undefined, systemPrompt: string): Guards | undefined {
  if (pinned === undefined) return undefined;
  const { canary, nonce } = pinned;
  const { policies, guard, callGuard } = guardsFor(pinned.policies);
  const own = { systemPrompt, canary };
  return {
    // A task acts on what is found; nobody reads its reports.
    check: (text, direction, said) =>
      guard.check(text, { direction, reports: false, ...own, ...(said === undefined ? {} : { said }) }),
    checkCall: (args) => callGuard.check(args, { direction: "output", ...own }),
    messageOf,
    repairNote,
    spotlight: (text, source) => spotlight(text, nonce, source),
    redactStream: (said) => createStreamRedactor(policies, { ...own, said }),
  };
}

function guardsFor(pinned: PinnedGuards["policies"]): MadeGuards {
  const key = JSON.stringify(pinned);
  const known = made.get(key);
  if (known !== undefined) return known;
  const fresh = {
    policies: pinned,
    guard: createGuard(...pinned),
    callGuard: createGuard({
      output: {
        injection: "off",
        content: "off",
        pii: "off",
        leak: "block",
        exfiltration: "off",
        output: "off",
        tone: "off",
      },
    }),
  };
  if (made.size >= MOST_KEPT) made.clear();
  made.set(key, fresh);
  return fresh;
}
