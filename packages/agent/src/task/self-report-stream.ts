/** Text on its way to whoever follows a task, without the report that ends it, however its mark is cut into pieces. */
import { SELF_REPORT_START } from "@pawl/protocol";

/** What may be the beginning of the mark is held back until more is known; at the end of a reply it is nobody's loss. */
export function withoutSelfReport(write: (text: string) => void): (piece: string) => void {
  let held = "";
  let isOver = false;
  return (piece) => {
    if (isOver) return;
    held += piece;
    const start = held.indexOf(SELF_REPORT_START);
    isOver = start >= 0;
    const safe = isOver ? start : held.length - lengthOfBeginning(held);
    if (safe > 0) write(held.slice(0, safe));
    held = held.slice(safe);
  };
}

/** How many of the last characters the mark begins with. */
function lengthOfBeginning(text: string): number {
  for (let length = Math.min(text.length, SELF_REPORT_START.length - 1); length > 0; length -= 1)
    if (SELF_REPORT_START.startsWith(text.slice(-length))) return length;
  return 0;
}
