/** Calls resume.lua: reopens a stopped or failed task as a new leg, its journal restored from the archive if need be. */
import { createHash } from "node:crypto";
import type { Budget } from "@pawl/protocol";
import { storedEntry, unpackJournal } from "./archive.ts";
import { tenantBase } from "./keys.ts";
import type { OwedLeg } from "./queue.ts";
import { bytesAt, legsAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript, type ScriptArgument } from "./scripts.ts";
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

/** What stands in the place of an archive where none was read. */
const NO_ARCHIVE: readonly ScriptArgument[] = ["", 0];

export async function resumeTask(store: Store, resume: Resume): Promise<ResumeOutcome> {
  const first = await callResume(store, resume, NO_ARCHIVE);
  if (first.kind !== "archived") return first;
  const lines = await unpackJournal(first.archive);
  if (lines.length !== resume.seq) return { kind: "moved" };
  const digest = createHash("sha1").update(first.archive).digest("hex");
  const entries = lines.map((line) => storedEntry(store.codec, line));
  const second = await callResume(store, resume, [digest, entries.length, ...entries]);
  // Another archive: the task was resumed, ended and archived anew within these two calls.
  return second.kind === "archived" ? { kind: "moved" } : second;
}

async function callResume(
  store: Store,
  { tenant, task, requestId, seq, timeoutMs, budget }: Resume,
  archive: readonly ScriptArgument[],
): Promise<ResumeOutcome | { kind: "archived"; archive: Buffer }> {
  const event = store.codec.encode({
    type: "task.resumed",
    data: { because: "request", ...(budget === undefined ? {} : { budget }) },
  });
  const argv = [task, requestId, seq, timeoutMs, event, ...archive];
  const reply = replyList(await runScript(store.redis, store.scripts.resume, tenantBase(tenant), argv));
  const verdict = textAt(reply, 0);
  switch (verdict) {
    case "OK":
      return { kind: "resumed", legs: legsAt(reply, 1) };
    case "REPLAY":
      return { kind: "resumed", legs: [] };
    case "REFUSED":
      return { kind: "refused", status: textAt(reply, 1) };
    case "ARCHIVED":
      return { kind: "archived", archive: bytesAt(reply, 1) };
    case "MOVED":
      return { kind: "moved" };
    case "UNKNOWN":
      return { kind: "unknown" };
    default:
      return unknownVerdict("resume", verdict);
  }
}
