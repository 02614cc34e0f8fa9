/**
 * Cuts a text into passages of a sentence or two, as the sentence encoder likes them: whole sentences, short neighbours
 * joined, endless ones cut. Linear in the text.
 */

const shortestChars = 60;
const longestChars = 240;

export function passagesOf(text: string): string[] {
  const passages: string[] = [];
  let open = "";
  const close = (): void => {
    if (/[\p{L}\p{N}]/u.test(open)) passages.push(open);
    open = "";
  };
  for (const [sentence] of text.matchAll(/[^.!?\n]{1,240}[.!?\n]*|[.!?\n]+/g)) {
    const clean = sentence.replace(/\s+/g, " ").trim().slice(0, longestChars);
    if (clean === "") continue;
    if (open.length + clean.length + 1 > longestChars) close();
    open = open === "" ? clean : `${open} ${clean}`;
    if (open.length >= shortestChars) close();
  }
  close();
  return passages;
}
