/**
 * Text from users, models and tools, made harmless for a terminal: whatever it holds, it can neither move the cursor, nor
 * colour anything, nor name the window, nor turn the reading direction around. It is shown, written out: an escape as `\x1b`.
 */
import { visible } from "@pawl/service/visible";

/** For a cell or a line: in one line. */
export function inertLine(text: string): string {
  return visible(text.replace(/\s*[\r\n]+\s*/g, " ⏎ ").replaceAll("\t", " "));
}

/** For an answer: its line breaks stay, tabs become blanks. */
export function inertLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => visible(line.replaceAll("\t", "  ")));
}

/** JSON in one line that means the same and cannot do anything to a terminal either. */
export function inertJson(value: unknown): string {
  // JSON itself writes out the controls below U+0020 only.
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
