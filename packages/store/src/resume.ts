/** Calls resume.lua: reopens a stopped or failed task as a new leg. */
import type { Budget } from "@pawl/protocol";
import { tenantBase } from "./keys.ts";
import type { OwedLeg } from "./queue.ts";
import { legsAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript } from "./scripts.ts";
import type { Store } from "./store.ts";

export type Resume = {
  tenant: string;
  task: string;
  /** The same request, sent twice, resumes once. */
  requestId: string;
  /** The journal's length on which the caller decided that the task may be resumed. */
  seq: number;
  timeoutMs: number;
  budget?: Budget | undefined;
};

export type ResumeOutcome =
  | { kind: "resumed"; legs: OwedLeg[] }
  | { kind: "refused"; status: string }
  /** The journal grew since the caller read it. */
  | { kind: "moved" }
  | { kind: "unknown" };

export async function resumeTask(store: Store, resume: Resume): Promise<ResumeOutcome> {
  const { tenant, task, requestId, seq, timeoutMs, budget } = resume;
  const event = store.codec.encode({
    type: "task.resumed",
    data: { because: "request", ...(budget === undefined ? {} : { budget }) },
  });
  const argv = [task, requestId, seq, timeoutMs, event];
  const reply = replyList(await runScript(store.redis, store.scripts.resume, tenantBase(tenant), argv));
  const verdict = textAt(reply, 0);
  switch (verdict) {
    case "OK":
      return { kind: "resumed", legs: legsAt(reply, 1) };
    case "REPLAY":
      return { kind: "resumed", legs: [] };
    case "REFUSED":
      return { kind: "refused", status: textAt(reply, 1) };
    case "MOVED":
      return { kind: "moved" };
    case "UNKNOWN":
      return { kind: "unknown" };
    default:
      return unknownVerdict("resume", verdict);
  }
}
