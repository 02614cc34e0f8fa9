/**
 * What `npm start` is seen through. On a terminal: lines pass, and below them a few that are redrawn in place say how
 * things stand. Elsewhere: the lines alone.
 */
import { openLiveRegion } from "../terminal/live-region.ts";
import type { Colour, Output } from "../terminal/output.ts";

export type Screen = {
  say(line: string): void;
  /** How things stand; absent where nobody looks on. */
  show?(lines: readonly string[]): void;
  paint(colour: Colour, text: string): string;
  close(): void;
};

export function openScreen(out: Output): Screen {
  const { paint } = out;
  if (!out.isTerminal) return { say: (line) => out.line(line), paint, close: () => undefined };
  const region = openLiveRegion(out.stream);
  return { say: region.persist, show: region.show, paint, close: region.close };
}
