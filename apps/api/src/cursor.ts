/** Cursors of lists: opaque outside, inside the last id or number that the caller has seen. */
import { z } from "zod";
import { invalidRequest } from "./problem.ts";

export const Cursor = z.string().meta({ description: "A `next_cursor` of this very list." });

/** The longest last id is a budget's, of 256 characters of up to four bytes. */
const MOST_CURSOR_CHARS = 1_500;

export function writeCursor(last: string | null): string | null {
  return last === null ? null : Buffer.from(last).toString("base64url");
}

/** The last id seen, or null at the beginning. `isLast` says whether the text can be one. */
export function readCursor(cursor: string | undefined, isLast: (last: string) => boolean): string | null {
  if (cursor === undefined) return null;
  const last = Buffer.from(cursor.slice(0, MOST_CURSOR_CHARS), "base64url").toString();
  if (!isLast(last) || writeCursor(last) !== cursor) {
    throw invalidRequest([{ pointer: "/cursor", message: "must be a next_cursor of this list" }]);
  }
  return last;
}
