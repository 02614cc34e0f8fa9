/** One page of a list. `next_cursor` is opaque; null: this is the last page. */
import { z } from "zod";

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item), next_cursor: NextCursor });
}

export const NextCursor = z
  .string()
  .nullable()
  .meta({ description: "Send it as `cursor` for the next page; null: there is none." });

export type Page<Item> = { data: Item[]; next_cursor: string | null };
