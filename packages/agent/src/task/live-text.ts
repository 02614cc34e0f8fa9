/**
 * The model's words as they are being written, on their way to whoever follows the task: without what is for the record
 * only, and with what the guards redact already redacted. Redaction comes last, on what was gathered: to look at a few
 * letters costs as much as to look at a sentence, and most of what is written too fast to be read along is never sent.
 */
import { type Guards, saidBy } from "./guards.ts";
import type { Run } from "./run.ts";
import { withoutSelfReport } from "./self-report-stream.ts";

/** Nobody waits for it. `flush`: the reply is over. */
export type LiveText = { write: (piece: string) => void; flush: () => void };

/** For one reply; what leaves has passed the redactor. */
export type OpenLiveText = (redactor: ReturnType<Guards["redactStream"]> | undefined) => LiveText;

export function liveText(run: Run): LiveText {
  const { guards, state } = run;
  const { write, flush } = run.openText(guards?.redactStream(saidBy(run)));
  return { write: state.submitted.definition.self_report ? withoutSelfReport(write) : write, flush };
}
