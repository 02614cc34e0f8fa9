/**
 * Text of unknown origin, made safe to show in one line: it can neither start a new line, nor move a terminal's cursor,
 * nor turn the reading direction around. A module of its own, and light: the command line uses it, too.
 */

// C0 and C1 controls (among them escape and newline), DEL, line and paragraph separators, marks that change the
// reading direction, the byte order mark, and halves of characters.
export const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** Every unsafe character written out: a newline as `\n`, an escape as `\x1b`. */
export function visible(text: string): string {
  return text.replace(unsafe, (character) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    if (short !== undefined) return short;
    const code = hex(character);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

export function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
