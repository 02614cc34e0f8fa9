/**
 * A few lines at the bottom of a terminal that are redrawn in place, while other lines pass above them and stay.
 * Redrawn at most ten times a second, only what changed, and cleared at the end.
 */
import { createLogUpdate } from "log-update";
import type { TerminalStream } from "./output.ts";

export type LiveRegion = {
  /** What stands there from the next redraw on. */
  show(lines: readonly string[]): void;
  /** A line that stays, above. */
  persist(line: string): void;
  close(): void;
};

const REDRAW_MS = 100;

export function openLiveRegion(stream: TerminalStream): LiveRegion {
  // The cursor stays: hiding it would oblige us to bring it back on every way out.
  const draw = createLogUpdate(writable(stream), { showCursor: true });
  let wanted = "";
  let timer: NodeJS.Timeout | undefined;
  const redraw = () => {
    timer = undefined;
    if (wanted === "") draw.clear();
    else draw(wanted);
  };
  return {
    show(lines) {
      wanted = lines.join("\n");
      timer ??= setTimeout(redraw, REDRAW_MS).unref();
    },
    persist(line) {
      draw.clear();
      // Not by log-update, which would break a long line in two: what was printed to be copied must stay whole.
      stream.write(`${line}\n`);
      if (wanted !== "") draw(wanted);
    },
    close() {
      clearTimeout(timer);
      draw.clear();
      draw.done();
    },
  };
}

/** What log-update asks of a stream: Node's own writable, with the size of a terminal. */
function writable(stream: TerminalStream): NodeJS.WriteStream {
  return stream as NodeJS.WriteStream;
}
