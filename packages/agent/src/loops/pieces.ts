/** Walks the scalars of any JSON, each with the name it stands under; bounded, so that a step costs a constant. */

export type Piece = { readonly name: string; readonly value: string; readonly isNumber: boolean };

const MAX_PIECES = 1_000;
const MAX_CHARS = 16_000;

export function piecesOf(root: unknown): Piece[] {
  const pieces: Piece[] = [];
  const open: { name: string; value: unknown }[] = [{ name: "", value: root }];
  let chars = 0;
  for (let at = 0; at < open.length && at < 4 * MAX_PIECES && pieces.length < MAX_PIECES; at += 1) {
    const { name, value } = open[at] ?? { name: "", value: null };
    if (Array.isArray(value)) for (const item of value.slice(0, MAX_PIECES)) open.push({ name, value: item });
    else if (typeof value === "object" && value !== null)
      for (const [key, member] of Object.entries(value)) open.push({ name: key, value: member });
    else if (value !== null && value !== undefined && value !== "" && chars < MAX_CHARS) {
      const text = `${value}`.slice(0, MAX_CHARS - chars);
      chars += text.length;
      pieces.push({ name, value: text, isNumber: typeof value === "number" });
    }
  }
  return pieces;
}

/** Words of a text, lower case; ids, paths and addresses stay whole. */
export function tokensOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}_:/.@#-]*[\p{L}\p{N}]|[\p{L}\p{N}]/gu) ?? [];
}
