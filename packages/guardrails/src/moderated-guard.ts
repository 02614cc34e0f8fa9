/**
 * A guard whose full check hears a moderator besides: a service or a model of the operator's choice behind one function.
 * Where a policy asks for it, its scores take the place of those it gives; what it leaves out stays. It promises never to
 * hold anybody up for long and never to fail: too slow, too many at once, a rejection or scores that are none leave the
 * verdict as it was without it.
 */
import type { GuardFinding, GuardPolicy } from "@pawl/protocol";
import { completePolicy } from "./complete-policy.ts";
import { type ContentScores, contentCategories, contentFindings, type Moderator } from "./content/index.ts";
import { type ContentLookUse, createContentLook } from "./content-look.ts";
import { guardParts } from "./guard-parts.ts";
import { createGuardOf, type Guard, type SecondLook } from "./judge.ts";
import { contentSecondLook } from "./second-look.ts";

export type Moderation = {
  readonly moderate: Moderator;
  /** Then the signal is aborted and nobody waits any longer. Default: 3 s. */
  readonly timeoutMs?: number;
};

export type ModerationUse = ContentLookUse;

const TIMEOUT_MS = 3_000;
/** Who comes later is judged without it: a service that hangs shall not pile up texts. */
const MOST_WAITING = 100;

/** When the policies ask for a moderator; the last layer that says something decides. */
export function moderationUse(layers: readonly GuardPolicy[]): ModerationUse {
  return layers.findLast(({ content }) => content?.moderator !== undefined)?.content?.moderator ?? "off";
}

/** As `createGuard`, and `checkFully` asks the moderator where the policies say so. */
export function createModeratedGuard(
  moderation: Moderation | undefined,
  ...layers: readonly GuardPolicy[]
): Guard {
  const policy = completePolicy(...layers);
  const use = moderationUse(layers);
  const look =
    moderation === undefined || use === "off"
      ? contentSecondLook
      : afterEachOther(contentSecondLook, moderatorLook(moderation, use));
  return createGuardOf(guardParts(policy), policy, look);
}

function moderatorLook({ moderate, timeoutMs = TIMEOUT_MS }: Moderation, use: ModerationUse): SecondLook {
  return createContentLook({
    useOf: () => use,
    mostWaiting: MOST_WAITING,
    async ask(text) {
      const given = scoresIn(await answerWithin(timeoutMs, (signal) => moderate(text, signal)));
      const isGiven = ({ category }: GuardFinding) => Object.hasOwn(given, category);
      return (before) => (searched, context) => [
        ...before(searched, context).filter((finding) => !isGiven(finding)),
        ...contentFindings(given, context.reportFrom).filter(isGiven),
      ];
    },
  });
}

function afterEachOther(...looks: readonly SecondLook[]): SecondLook {
  return async (text, facts, parts, policy) => {
    let informed: Awaited<ReturnType<SecondLook>>;
    for (const look of looks) informed = (await look(text, facts, informed ?? parts, policy)) ?? informed;
    return informed;
  };
}

/** Of what somebody else's code said: chances of known categories. Throws for anything else under such a name. */
function scoresIn(answer: unknown): Partial<ContentScores> {
  if (typeof answer !== "object" || answer === null)
    throw new TypeError("a moderator answers scores by category");
  const scores: Partial<ContentScores> = {};
  for (const [category, score] of Object.entries(answer)) {
    const known = contentCategories.find((one) => one === category);
    if (known === undefined) continue;
    if (typeof score !== "number" || !(score >= 0 && score <= 1))
      throw new TypeError(`a moderator's score of ${category} is no chance from 0 to 1`);
    scores[known] = score;
  }
  return scores;
}

/** Also of code that never hears its signal. */
async function answerWithin<Answer>(
  timeoutMs: number,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const late = new AbortController();
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`no answer within ${timeoutMs} ms`);
    late.abort(error);
    tooLate.reject(error);
  }, timeoutMs);
  try {
    return await Promise.race([ask(late.signal), tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
