/**
 * The agent's recorder over the store: numbers the commands of one epoch, sends one at a time, keeps the cursor,
 * and queues the legs that a step made runnable.
 */
import type { Recorded, Recorder, StepRecord } from "@pawl/agent";
import { newId } from "@pawl/protocol";
import {
  type Account,
  enqueueDelivery,
  enqueueLegs,
  type Step,
  type StepOutcome,
  type Store,
  stepTask,
} from "@pawl/store";

export type RecorderDeps = {
  store: Store;
  tenant: string;
  task: string;
  epoch: string;
  /** The journal's length at the claim. */
  cursor: number;
  /** Whose money the next call is; named anew for each step, since windows turn. */
  accounts: () => readonly Account[];
  hasWebhook: boolean;
  nowMs: () => number;
  onError: (error: Error) => void;
};

export function stepRecorder(deps: RecorderDeps): Recorder {
  let n = 0;
  let cursor = deps.cursor;
  let previous: Promise<unknown> = Promise.resolve();

  async function send(record: StepRecord): Promise<Recorded> {
    // Only an ending may owe a webhook.
    const deliveryId = "stopReason" in record.where ? newId("dlv", deps.nowMs()) : "";
    const outcome = await stepTask(deps.store, toStep(deps, record, ++n, cursor, deliveryId));
    // A gap: Redis forgot steps that it had acknowledged. The task must be claimed anew, as if it were lost.
    if (outcome.kind === "gap" || outcome.kind === "fenced") return { kind: "lost" };
    cursor = outcome.lastSeq;
    afterStep(deps, record, outcome, deliveryId);
    // The window turned between our clock and Redis': ask again, under its new name.
    if (outcome.kind !== "window")
      return { kind: outcome.kind, freeNanoUsd: outcome.freeNanoUsd, others: outcome.others };
    const again = await send({ ...record, facts: [], settled: [] });
    return again.kind === "lost" ? again : { ...again, others: [...outcome.others, ...again.others] };
  }

  return (record) => {
    const sent = previous.then(() => send(record));
    previous = sent.catch(() => {});
    return sent;
  };
}

function toStep(
  deps: RecorderDeps,
  { facts, settled, next, where }: StepRecord,
  n: number,
  cursor: number,
  deliveryId: string,
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
            accounts: deps.accounts(),
            holds: [{ hold: next.hold, nanoUsd: next.nanoUsd }],
            events: next.events,
            leastNanoUsd: next.leastNanoUsd,
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
