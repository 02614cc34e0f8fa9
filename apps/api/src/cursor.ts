/** Cursors of lists: opaque outside, inside the last id or number that the caller has seen. */
import { invalidRequest } from "./problem.ts";

export function writeCursor(last: string | null): string | null {
  return last === null ? null : Buffer.from(last).toString("base64url");
}

/** The last id seen, or null at the beginning. `isLast` says whether the text can be one. */
export function readCursor(cursor: string | undefined, isLast: (last: string) => boolean): string | null {
  if (cursor === undefined) return null;
  const last = Buffer.from(cursor.slice(0, 256), "base64url").toString();
  if (!isLast(last) || writeCursor(last) !== cursor) {
    throw invalidRequest([{ pointer: "/cursor", message: "must be a next_cursor of this list" }]);
  }
  return last;
}
