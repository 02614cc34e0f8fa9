/**
 * What is known of a word, kept for the next text: most words of most texts are the same few thousand. Holds at most
 * twice `MOST_WORDS` words, the newer ones for certain.
 */

const MOST_WORDS = 4_096;

/** From 13 characters on, a word cut out of a text keeps the whole text in memory (V8's sliced strings). */
const LONGEST_KEPT_CHARS = 12;

/** `read` as it was, but for short words asked once. It must depend on nothing but the word. */
export function rememberingWords<Known>(read: (word: string) => Known): (word: string) => Known {
  let young = new Map<string, Known>();
  let old = new Map<string, Known>();
  return (word) => {
    const known = young.get(word);
    if (known !== undefined) return known;
    const answer = old.get(word) ?? read(word);
    if (word.length > LONGEST_KEPT_CHARS) return answer;
    if (young.size >= MOST_WORDS) {
      old = young;
      young = new Map();
    }
    young.set(word, answer);
    return answer;
  };
}
