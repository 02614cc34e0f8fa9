/**
 * Text of users, models and tools made harmless to look at. React never makes markup of it; what is left are characters
 * that a reader cannot see and that change what he does see: terminal escapes, NULs, marks that turn the direction
 * of writing, characters of no width. They are shown by a sign of their own.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

export function inertText(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(INVISIBLE, signOf);
}

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x1b) return "⟨ESC⟩";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** For one line of a table: no line breaks, cut to a length that no layout suffers from. */
export function oneLine(text: string, most = 240): string {
  const line = inertText(text.slice(0, most * 2))
    .replace(/\s+/g, " ")
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
