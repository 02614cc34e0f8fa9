/**
 * The model's words as they are being written, on their way to whoever follows the task: without what is for the record
 * only, and with what the guards redact already redacted.
 */
import { saidBy } from "./guards.ts";
import type { Run } from "./run.ts";
import { withoutSelfReport } from "./self-report-stream.ts";

export type LiveText = { write: (piece: string) => void; flush: () => void };

/** A look at a few words costs as much as one at a sentence, and a reply comes in hundreds of pieces. In characters. */
const LOOKED_AT_TOGETHER = 80;

/** Of one reply; `flush` when it is over. */
export function liveText(run: Run): LiveText {
  const { guards, text, state } = run;
  const redactor = guards?.redactStream(saidBy(run));
  let held = "";
  const show = (piece: string) => {
    if (redactor === undefined) {
      text.write(piece);
      return;
    }
    held += piece;
    if (held.length < LOOKED_AT_TOGETHER) return;
    writeSome(text, redactor.write(held));
    held = "";
  };
  return {
    write: state.submitted.definition.self_report ? withoutSelfReport(show) : show,
    flush() {
      if (redactor !== undefined) writeSome(text, redactor.write(held) + redactor.end());
      held = "";
      text.flush();
    },
  };
}

function writeSome(text: LiveText, piece: string): void {
  if (piece !== "") text.write(piece);
}
