/** `limit` of a list, as it stands in a query. */
import { z } from "zod";

export function pageLimit({ usual, most }: { usual: number; most: number }) {
  const error = `must be a whole number from 1 to ${most}`;
  return z
    .string()
    .regex(/^\d{1,6}$/, error)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= most, error)
    .default(usual);
}
