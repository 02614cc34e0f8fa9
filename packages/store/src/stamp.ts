/** The stamp that the scripts put before each event in a journal: `<ms since 1970>.<attempt>|`. */

/** `|` ends a stamp, and occurs in none. */
export const STAMP_END = 0x7c;

/** `stamp` without its end. */
export function readStamp(stamp: string): { at: number; attempt: number } {
  const [at, attempt] = stamp.split(".");
  return { at: Number(at), attempt: Number(attempt) };
}
