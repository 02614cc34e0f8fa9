/**
 * Whether a text has so many characters of a kind in a row: what keeps most texts from a pattern that tries every place.
 * A run covers every n-th character, so only those are looked at, and their neighbours where one of them belongs.
 */

/** `kind` is one class, `[a-f0-9]`; only ASCII is looked for. */
export function createRunFinder(kind: RegExp, runChars: number): (text: string) => boolean {
  const belongs = Uint8Array.from({ length: 128 }, (_, code) =>
    kind.test(String.fromCharCode(code)) ? 1 : 0,
  );
  return (text) => {
    for (let at = runChars - 1; at < text.length; ) {
      if (belongs[text.charCodeAt(at)] !== 1) {
        at += runChars;
        continue;
      }
      let start = at;
      while (start > 0 && at - start < runChars - 1 && belongs[text.charCodeAt(start - 1)] === 1) start -= 1;
      let end = at + 1;
      while (end < text.length && end - start < runChars && belongs[text.charCodeAt(end)] === 1) end += 1;
      if (end - start >= runChars) return true;
      // The character at `end` does not belong.
      at = end + runChars;
    }
    return false;
  };
}
