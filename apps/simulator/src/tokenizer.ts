// How text becomes tokens: so many characters, or so many bytes, for one. The same for prompts and replies, so that
// what was counted when it was said is counted no higher when it is sent back.

export type Tokenizer = { readonly unit: "character" | "byte"; readonly perToken: number };

/** Near what English measures; a character is a UTF-16 unit. */
export const FOUR_CHARACTERS: Tokenizer = { unit: "character", perToken: 4 };

/** In the tokenizer's units. */
export function lengthOf(text: string, { unit }: Tokenizer): number {
  return unit === "byte" ? Buffer.byteLength(text) : text.length;
}

/** Rounded up and never 0: what is there at all costs something. */
export function tokensOfLength(length: number, { perToken }: Tokenizer): number {
  return Math.max(1, Math.ceil(length / perToken));
}

/** The longest beginning of the text that is no longer than so many units, never ending in half a character. */
export function beginning(text: string, length: number, tokenizer: Tokenizer): string {
  if (length <= 0) return "";
  if (lengthOf(text, tokenizer) <= length) return text;
  if (tokenizer.unit === "character") {
    const cut = text.slice(0, length);
    return cut.isWellFormed() || !text.isWellFormed() ? cut : cut.slice(0, -1);
  }
  const bytes = Buffer.from(text);
  let end = length;
  // 10xxxxxx continues a character: the cut moves to where one begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
