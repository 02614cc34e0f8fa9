/**
 * The guards of a task, as its definition pins them. Guards are made once for each set of policies, since what they keep
 * of a policy is dear to make and tasks of an agent share it.
 */
import type { Guards } from "@pawl/agent";
import {
  asksSecondOpinion,
  createGuard,
  createStreamRedactor,
  type Guard,
  messageOf,
  opinionLayer,
  repairNote,
  spotlight,
} from "@pawl/guardrails";
import type { GuardPolicy, PinnedGuards } from "@pawl/protocol";
import { type GuardsFacts, type Moderation, type OthersAsked, othersAsked } from "./others-asked.ts";

type MadeGuards = {
  policies: readonly GuardPolicy[];
  moderation: Moderation | undefined;
  guard: Guard;
  others: OthersAsked | undefined;
};

/** Agents times tenants with a policy of their own: few. */
const MOST_KEPT = 100;
const made = new Map<string, MadeGuards>();

/** Of a call's arguments: nothing but what must not leave the task. */
const callGuard = madeOnce(() =>
  createGuard({
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
);

/** `moderation`: the configuration's, the same for all tasks of a process. */
export function taskGuards(
  pinned: PinnedGuards | undefined,
  systemPrompt: string,
  moderation: Moderation | undefined,
): Guards | undefined {
  if (pinned === undefined) return undefined;
  const { canary, nonce } = pinned;
  const { policies, guard, others } = guardsFor(pinned.policies, moderation);
  // A task acts on what is found; nobody reads its reports.
  const own: GuardsFacts = { systemPrompt, canary, reports: false };
  return {
    check: (text, direction, said) =>
      guard.check(text, { direction, ...own, ...(said === undefined ? {} : { said }) }),
    checkCall: (args) => callGuard().check(args, { direction: "output", ...own }),
    messageOf,
    repairNote,
    spotlight: (text, source) => spotlight(text, nonce, source),
    redactStream: (said) => createStreamRedactor(policies, { ...own, said }),
    looks: others?.(own, (text) => spotlight(text, nonce, "judged text")),
  };
}

function guardsFor(pinned: PinnedGuards["policies"], moderation: Moderation | undefined): MadeGuards {
  const key = JSON.stringify(pinned);
  const known = made.get(key);
  if (known !== undefined && known.moderation === moderation) return known;
  // Who has doubts heard must know of them.
  const layers = asksSecondOpinion(pinned) ? [...pinned, opinionLayer()] : pinned;
  const guard = createGuard(...layers);
  const fresh = { policies: pinned, moderation, guard, others: othersAsked(pinned, guard, moderation) };
  if (made.size >= MOST_KEPT) made.clear();
  made.set(key, fresh);
  return fresh;
}

function madeOnce<Made>(make: () => Made): () => Made {
  let known: Made | undefined;
  return () => {
    known ??= make();
    return known;
  };
}
