/** Calls claim.lua: a worker takes a task up and gets the journal to fold. */
import { randomUUID } from "node:crypto";
import type { Event, EventData } from "@pawl/protocol";
import { decodeStored } from "./journal.ts";
import { tenantBase } from "./keys.ts";
import { bytesAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript } from "./scripts.ts";
import type { Store } from "./store.ts";

export type Claim = {
  tenant: string;
  task: string;
  leg: number;
  /** BullMQ's `attemptsStarted`: it tells one start of the leg's job from the next. */
  start: number;
  started: EventData<"task.started">;
};

export type ClaimOutcome =
  | { kind: "claimed"; epoch: string; events: Event[] }
  /** Nothing to do: the leg is stale, somebody newer has it, or the task has ended. */
  | { kind: "refused"; status: string };

/** Safe to repeat: the same (leg, start) is the same claim. */
export async function claimTask(store: Store, claim: Claim): Promise<ClaimOutcome> {
  const reply = replyList(
    await runScript(store.redis, store.scripts.claim, tenantBase(claim.tenant), [
      claim.task,
      claim.leg,
      claim.start,
      randomUUID().slice(0, 8), // Node makes the randomness of many UUIDs at once
      store.codec.encode({ type: "task.started", data: claim.started }),
    ]),
  );
  const verdict = textAt(reply, 0);
  switch (verdict) {
    case "OK":
    case "REPLAY":
      return {
        kind: "claimed",
        epoch: textAt(reply, 1),
        events: reply.slice(2).map((_, i) => decodeStored(store.codec, bytesAt(reply, i + 2), i + 1)),
      };
    case "REFUSED":
      return { kind: "refused", status: textAt(reply, 1) };
    case "UNKNOWN":
      return { kind: "refused", status: "unknown" };
    default:
      return unknownVerdict("claim", verdict);
  }
}
