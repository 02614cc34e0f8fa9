/**
 * The model's words as they are being written, on their way to whoever follows the task: without what is for the record
 * only, and with what the guards redact already redacted.
 */
import { saidBy } from "./guards.ts";
import type { Run } from "./run.ts";
import { withoutSelfReport } from "./self-report-stream.ts";

export type LiveText = { write: (piece: string) => void; flush: () => void };

/** Of one reply; `flush` when it is over. */
export function liveText(run: Run): LiveText {
  const { guards, text, state } = run;
  const redactor = guards?.redactStream(saidBy(run));
  const show =
    redactor === undefined ? text.write : (piece: string) => writeSome(text, redactor.write(piece));
  return {
    write: state.submitted.definition.self_report ? withoutSelfReport(show) : show,
    flush() {
      if (redactor !== undefined) writeSome(text, redactor.end());
      text.flush();
    },
  };
}

function writeSome(text: LiveText, piece: string): void {
  if (piece !== "") text.write(piece);
}
