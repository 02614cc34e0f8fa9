/**
 * Adds to the queue what a script owes. The script's work stands whatever happens here: if Redis hesitates now,
 * a sweeper adds it soon, so the caller is neither kept waiting nor told of a failure.
 */
import type { Log } from "@pawl/service";
import { enqueueDelivery, enqueueLegs, type OwedLeg, readDelivery, type Store } from "@pawl/store";

const MOST_WAIT_MS = 2_000;

export async function enqueueOwedLegs(
  { store, log }: { store: Store; log: Log },
  legs: readonly OwedLeg[],
): Promise<void> {
  if (legs.length === 0) return;
  await soon(enqueueLegs(store, legs), (error) =>
    log.warn("a leg is left to the sweeper", { task: legs[0]?.task, legs: legs.length, error }),
  );
}

/** `next_at` is part of the job's id, so the sweeper's add of the same try is no second one. */
export async function enqueueOwedDelivery(
  { store, log }: { store: Store; log: Log },
  tenant: string,
  delivery: string,
): Promise<void> {
  const add = async () => {
    const owed = await readDelivery(store, tenant, delivery);
    if (owed === undefined || owed.nextAtMs === null) return;
    await enqueueDelivery(store, { tenant, delivery, tries: owed.tries, dueAtMs: owed.nextAtMs });
  };
  await soon(add(), (error) => log.warn("a delivery is left to the sweeper", { delivery, error }));
}

async function soon(work: Promise<void>, onFailure: (error: unknown) => void): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, MOST_WAIT_MS);
  try {
    await Promise.race([work.catch(onFailure), late]);
  } finally {
    clearTimeout(timer);
  }
}
