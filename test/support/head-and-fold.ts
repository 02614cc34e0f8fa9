/** What the scripts' head says of a task, and what the fold of its journal says: side by side, in one shape. */
import { foldTask, spentNanoUsd } from "@pawl/protocol";
import { key, readJournal, type Store } from "@pawl/store";

export async function headAndFold(store: Store, tenant: string, task: string) {
  const state = foldTask(await readJournal(store, tenant, task));
  const head = await store.redis.hgetall(key(tenant, "head", task));
  const holds = (head.holds ?? "").split("\n").filter((line) => line !== "");
  const [spent, held] = (head.money ?? "0 0 0").split(" ");
  const due = await store.redis.zscore(key(tenant, "due"), task);
  const ofModels = [...state.openHolds.values()].map((hold) => hold.held_nano_usd);
  const heldOpen = [...ofModels, ...state.openToolHolds.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0);
  const alarms = [state.deadlineAtMs, state.wakeAtMs].filter((at) => at !== null);
  const inIndex = await store.redis.zscore(key(tenant, "index", `status:${state.status}`), task);

  return {
    head: {
      status: head.status,
      waitingFor: head.waiting_for ?? "",
      stopReason: head.stop_reason ?? "",
      attempts: head.attempts,
      leg: head.leg,
      deadlineAt: head.deadline_at ?? "",
      wakeAt: head.wake_at ?? "",
      holds: holds.map((line) => line.replace(/^[^:]+:(\S+) .*$/, "$1")),
      heldNanoUsd: Number(held),
      spentNanoUsd: Number(spent),
      due: due === null ? null : Number(due),
      inIndex: inIndex !== null,
    },
    fold: {
      status: state.status,
      waitingFor: state.waitingFor ?? "",
      stopReason: state.stopReason ?? "",
      attempts: String(state.attempts),
      leg: String(state.leg),
      deadlineAt: state.deadlineAtMs === null ? "" : String(state.deadlineAtMs),
      wakeAt: state.wakeAtMs === null ? "" : String(state.wakeAtMs),
      holds: [...state.openHolds.keys(), ...state.openToolHolds.keys()],
      heldNanoUsd: heldOpen,
      spentNanoUsd: spentNanoUsd(state),
      due: alarms.length === 0 ? null : Math.min(...alarms),
      inIndex: true,
    },
  };
}
