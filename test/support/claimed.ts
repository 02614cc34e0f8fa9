/** A task in a worker's hands, for tests of the scripts: claimed once, with a short way to send its steps. */
import type { EventData, NewEvent } from "@pawl/protocol";
import { claimTask, type Step, type Store, stepTask, type Terms } from "@pawl/store";
import { submitted } from "./store.ts";

export const spentOn = { kind: "model", name: "m" } as const;

export type ClaimedTask = {
  task: string;
  epoch: string;
  step: (n: number, over?: Partial<Step>) => ReturnType<typeof stepTask>;
};

export async function claimedTask(
  store: Store,
  over: Partial<EventData<"task.submitted">> = {},
  tenant = "acme",
): Promise<ClaimedTask> {
  return claimAgain(store, { tenant, task: await submitted(store, over, tenant), leg: 1 });
}

export async function claimAgain(
  store: Store,
  { tenant, task, leg, start = 1 }: { tenant: string; task: string; leg: number; start?: number },
): Promise<ClaimedTask> {
  const started = { worker: "w1", leg, model_provider: "test" };
  const claim = await claimTask(store, { tenant, task, leg, start, started });
  if (claim.kind !== "claimed") throw new Error(`not claimed: ${claim.status}`);
  const base = { tenant, task, epoch: claim.epoch, settled: [], facts: [], cursor: claim.events.length };
  return {
    task,
    epoch: claim.epoch,
    step: (n, over = {}) => stepTask(store, { ...base, n, transition: { to: "running" }, ...over }),
  };
}

export function request(call: string, heldNanoUsd: number): NewEvent {
  const data = { call, model: "m", max_tokens: 10, input_tokens_bound: 5, held_nano_usd: heldNanoUsd };
  return { type: "model.requested", data };
}

export function responded(call: string, costNanoUsd: number): NewEvent {
  return {
    type: "model.responded",
    data: {
      call,
      model: "m",
      message_id: "msg_1",
      content: [{ type: "text", text: "hi" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 4, cache_read_tokens: 0, cache_write_tokens: 0 },
      cost_nano_usd: costNanoUsd,
      duration_ms: 1,
    },
  };
}

/** One call's money. */
export function holding(
  terms: Terms,
  call: string,
  nanoUsd: number,
  { reserveNanoUsd = 0, leastNanoUsd = Math.min(nanoUsd, 10) } = {},
): NonNullable<Step["next"]> {
  return {
    terms,
    holds: [{ hold: call, nanoUsd, spentOn }],
    reserveNanoUsd,
    events: [request(call, nanoUsd)],
    leastNanoUsd,
  };
}

export function settled(call: string, nanoUsd: number): Pick<Step, "settled"> {
  return { settled: [{ hold: call, nanoUsd, spentOn }] };
}
