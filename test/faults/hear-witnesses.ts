/** Hears every witness on every task, and on all of them together: what each promise of Pawl came to. */
import { isDeepStrictEqual } from "node:util";
import { readJournal, type Store } from "@pawl/store";
import { headAndFold } from "../support/head-and-fold.ts";
import { readActs } from "./acts.ts";
import type { Caller } from "./caller.ts";
import { knownTasks, leftovers } from "./check-leftovers.ts";
import { type Breach, checkTask } from "./check-task.ts";
import { readExchanges } from "./ledger.ts";
import { type Round, TENANT } from "./round.ts";

/** `unfinished`: what Pawl was still at when it should have been at rest. */
export async function hearWitnesses(
  { arena, crowd }: Round,
  store: Store,
  unfinished: string,
): Promise<Breach[]> {
  const breaches: Breach[] = [];
  const breach = (promise: Breach["promise"], task: string, says: string) =>
    breaches.push({ promise, task, says });
  const [acts, exchanges] = await Promise.all([readActs(arena.dataDir), readExchanges(arena.simulator.url)]);
  if (unfinished !== "") breach("terminal", "", `Pawl does not come to rest: ${unfinished}`);

  for (const caller of crowd.callers) {
    for (const says of caller.problems) breach("answers", idOf(caller), says);
    if (caller.ids.size !== 1) {
      breach(
        "answers",
        "",
        `${caller.plan.word} was given ${[...caller.ids].join(", ") || "no id"} for one key`,
      );
      continue;
    }
    const task = idOf(caller);
    const events = await readJournal(store, TENANT, task);
    breaches.push(
      ...checkTask({
        task,
        events,
        acts: acts.filter((act) => act.task === task),
        exchanges: exchanges.get(caller.plan.word) ?? [],
        webhooks: arena.webhooks.received.filter((received) => received.task === task),
        wantsWebhook: caller.plan.wantsWebhook,
        cancelled: caller.cancelled,
        followed: crowd.followed.find((each) => each.task === task),
      }),
    );
    if (events.length === 0) continue;
    const { head, fold } = await headAndFold(store, TENANT, task);
    if (!isDeepStrictEqual(head, fold))
      breach("head", task, `head ${JSON.stringify(head)}, fold ${JSON.stringify(fold)}`);
  }

  const asked = new Set(crowd.callers.flatMap(({ ids }) => [...ids]));
  for (const task of await knownTasks(store))
    if (!asked.has(task)) breach("answers", task, "nobody was ever told of this task");
  if (unfinished === "") for (const says of await leftovers(store)) breach("leftovers", "", says);
  for (const says of arena.webhooks.problems) breach("webhooks", "", says);
  for (const each of [arena.api, ...arena.workers])
    for (const says of each.problems) breach("answers", "", says);
  return breaches;
}

function idOf({ ids }: Caller): string {
  return [...ids][0] ?? "";
}
