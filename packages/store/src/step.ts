/** Calls step.lua: the one way in which a worker changes its task. */
import type { Event, NewEvent, SpentOn, TokenUsage } from "@pawl/protocol";
import { type Terms, termsArgument } from "./account.ts";
import { decodeStored } from "./journal.ts";
import { tenantBase } from "./keys.ts";
import { parkedArgument } from "./parked.ts";
import type { OwedLeg } from "./queue.ts";
import { bytesAt, legsAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript, type ScriptArgument } from "./scripts.ts";
import type { Store } from "./store.ts";
import { type Transition, transitionArguments } from "./transition.ts";
import { spentText } from "./usage-feed.ts";

/** Money for one call; `spentOn` names it in the reports. */
export type Hold = { hold: string; nanoUsd: number; spentOn: SpentOn };

export type Step = {
  tenant: string;
  task: string;
  /** As the claim returned it. */
  epoch: string;
  /** 1 for the epoch's first command, one more for each next; one in flight at a time. */
  n: number;
  /** How many events of the journal the worker has folded. */
  cursor: number;
  /** Appended in every case. */
  facts: readonly NewEvent[];
  /** Ended calls: what they cost. The rest of each hold is free again. */
  settled: readonly (Hold & { usage?: TokenUsage | undefined; unconfirmed?: boolean | undefined })[];
  /** Money for the next calls, all or nothing. */
  next?: {
    terms: Terms;
    holds: readonly Hold[];
    /** Kept beside them for one last turn; replaces what was kept before. */
    reserveNanoUsd: number;
    /** Appended if every hold is taken. */
    events: readonly NewEvent[];
    /** The least call that would be of use: while the rest covers it, the task may wait for others' holds. */
    leastNanoUsd: number;
    /** false: where others hold the money it is refused as if it were spent. Default: the task waits for it. */
    mayWait?: boolean;
    /** The id of the webhook that is owed where it must wait for a window's end. Default: the task has none. */
    deliveryId?: string;
  };
  /** Applied unless the holds are refused. */
  transition: Transition;
};

export type StepOutcome =
  | {
      /** held: all was done. spent, parked, window: facts and settlements stand, the holds were not taken. */
      kind: "done" | "spent" | "parked" | "window";
      atMs: number;
      /** The numbers of this command's own events are `firstSeq`..`lastSeq`. */
      firstSeq: number;
      lastSeq: number;
      /** The least free money over the accounts, after this step; for `spent` what could be free. */
      freeNanoUsd: number;
      /** A soft limit is reached. */
      soft: boolean;
      /** Legs to add to the queue: this task's own when handed back, whom freed money woke, who got its seat. */
      legs: OwedLeg[];
      /** What others appended since the cursor. */
      others: Event[];
    }
  /** Somebody else has the task, or it has ended. */
  | { kind: "fenced" }
  /** Redis forgot what it had acknowledged: claim anew. */
  | { kind: "gap" };

const kinds = { OK: "done", SPENT: "spent", PARKED: "parked", WINDOW: "window" } as const;

/** Safe to repeat with the same (epoch, n). */
export async function stepTask(store: Store, step: Step): Promise<StepOutcome> {
  const { codec } = store;
  const argv: ScriptArgument[] = [step.task, step.epoch, step.n, step.cursor, step.facts.length];
  for (const fact of step.facts) argv.push(codec.encode(fact));
  argv.push(step.settled.length);
  for (const settled of step.settled) {
    pushHold(argv, step.epoch, settled, settled.usage);
    argv.push(settled.unconfirmed ? 1 : 0);
  }
  pushNext(argv, store, step);
  argv.push(...transitionArguments(step.transition, store.retentionMs));
  const reply = replyList(await runScript(store.redis, store.scripts.step, tenantBase(step.tenant), argv));
  const [verdict = "", ...outcome] = textAt(reply, 0).split("\n");
  switch (verdict) {
    case "OK":
    case "SPENT":
    case "PARKED":
    case "WINDOW":
      return readOutcome(store, step, kinds[verdict], outcome, reply);
    case "FENCED":
    case "UNKNOWN":
    case "OLD":
      return { kind: "fenced" };
    case "GAP":
      return { kind: "gap" };
    default:
      return unknownVerdict("step", verdict);
  }
}

function pushNext(argv: ScriptArgument[], store: Store, { tenant, epoch, next }: Step): void {
  argv.push(next?.holds.length ?? 0);
  if (next === undefined || next.holds.length === 0) return;
  const { codec } = store;
  for (const hold of next.holds) pushHold(argv, epoch, hold);
  argv.push(termsArgument(store, tenant, next.terms), next.reserveNanoUsd, next.events.length);
  for (const event of next.events) argv.push(codec.encode(event));
  argv.push(next.leastNanoUsd, next.mayWait === false ? "" : parkedArgument(codec, next.terms.windows));
  argv.push(next.deliveryId ?? "");
}

/** A hold belongs to (task, epoch, call). */
function pushHold(
  argv: ScriptArgument[],
  epoch: string,
  { hold, nanoUsd, spentOn }: Hold,
  usage?: TokenUsage | undefined,
): void {
  argv.push(`${epoch}:${hold}`, nanoUsd, spentText(spentOn, usage));
}

function readOutcome(
  { codec }: Store,
  { cursor }: Step,
  kind: "done" | "spent" | "parked" | "window",
  [atMs, firstSeq, lastSeq, freeNanoUsd, soft]: readonly string[],
  reply: ReturnType<typeof replyList>,
): StepOutcome {
  const others = reply.slice(2).map((_, i) => decodeStored(codec, bytesAt(reply, i + 2), cursor + 1 + i));
  return {
    kind,
    atMs: Number(atMs),
    firstSeq: Number(firstSeq),
    lastSeq: Number(lastSeq),
    freeNanoUsd: Number(freeNanoUsd),
    soft: soft === "1",
    legs: legsAt(replyList(reply[1] ?? []), 0),
    others,
  };
}
