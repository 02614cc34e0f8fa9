/**
 * The agent's recorder over the store: numbers the commands of one epoch, sends one at a time, keeps the cursor,
 * and queues the legs that a step made runnable.
 */
import type { Recorded, Recorder, StepRecord } from "@pawl/agent";
import { type NewEvent, newId } from "@pawl/protocol";
import {
  enqueueDelivery,
  enqueueLegs,
  type Step,
  type StepOutcome,
  type Store,
  stepTask,
  type Terms,
} from "@pawl/store";

export type RecorderDeps = {
  store: Store;
  tenant: string;
  task: string;
  epoch: string;
  /** The journal's length at the claim. */
  cursor: number;
  /** Whose money the next call is; named anew for each step, since windows turn and limits are raised. */
  termsAt: (atMs: number) => Terms;
  hasWebhook: boolean;
  nowMs: () => number;
  /** Told of each event of ours that stands in the journal now. */
  onRecorded: (event: NewEvent) => void;
  onError: (error: Error) => void;
};

export function stepRecorder(deps: RecorderDeps): Recorder {
  let n = 0;
  let cursor = deps.cursor;
  /** How far Redis' clock is before ours, as the last reply told it: by that one a window is over, or has begun. */
  let redisAheadMs = 0;
  /** Those under way or in line behind it; the newest of them is `previous`. */
  let open = 0;
  let previous: Promise<unknown> = Promise.resolve();

  async function send(record: StepRecord): Promise<Recorded> {
    // An ending owes a webhook, where the task has one; so may a hold, if it must wait for a window's end.
    const owesOne = deps.hasWebhook && ("stopReason" in record.where || record.next !== undefined);
    const deliveryId = owesOne ? newId("dlv", deps.nowMs()) : "";
    const outcome = await stepTask(
      deps.store,
      toStep(deps, record, { n: ++n, cursor, atMs: deps.nowMs() + redisAheadMs, deliveryId }),
    );
    // A gap: Redis forgot steps that it had acknowledged. The task must be claimed anew, as if it were lost.
    if (outcome.kind === "gap" || outcome.kind === "fenced") return { kind: "lost" };
    cursor = outcome.lastSeq;
    redisAheadMs = outcome.atMs - deps.nowMs();
    record.facts.forEach(deps.onRecorded);
    afterStep(deps, record, outcome, deliveryId);
    // The window turned between our clock and Redis': ask again, under its new name.
    if (outcome.kind !== "window")
      return {
        kind: outcome.kind,
        freeNanoUsd: outcome.freeNanoUsd,
        soft: outcome.soft,
        others: outcome.others,
      };
    const again = await send({ ...record, facts: [], settled: [] });
    return again.kind === "lost" ? again : { ...again, others: [...outcome.others, ...again.others] };
  }

  return (record) => {
    open += 1;
    const sent = open === 1 ? send(record) : previous.then(() => send(record));
    const leave = () => {
      open -= 1;
    };
    previous = sent.then(leave, leave);
    return sent;
  };
}

function toStep(
  deps: RecorderDeps,
  { facts, settled, next, where }: StepRecord,
  { n, cursor, atMs, deliveryId }: { n: number; cursor: number; atMs: number; deliveryId: string },
): Step {
  const { tenant, task, epoch } = deps;
  return {
    tenant,
    task,
    epoch,
    n,
    cursor,
    facts,
    settled,
    transition: "stopReason" in where ? { ...where, deliveryId } : where,
    ...(next === undefined
      ? {}
      : {
          next: {
            terms: deps.termsAt(atMs),
            holds: next.holds,
            reserveNanoUsd: next.reserveNanoUsd,
            events: next.events,
            deliveryId,
            leastNanoUsd: next.leastNanoUsd,
            ...(next.mayWait === undefined ? {} : { mayWait: next.mayWait }),
          },
        }),
  };
}

/** Nobody waits for this: the sweepers do the same where it fails. */
function afterStep(
  deps: RecorderDeps,
  { where }: StepRecord,
  outcome: Extract<StepOutcome, { atMs: number }>,
  delivery: string,
): void {
  const { store, tenant, hasWebhook, onError } = deps;
  if (outcome.legs.length > 0) enqueueLegs(store, outcome.legs).catch(onError);
  if (hasWebhook && "stopReason" in where)
    enqueueDelivery(store, { tenant, delivery, tries: 0, dueAtMs: outcome.atMs }).catch(onError);
}
