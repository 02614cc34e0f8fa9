/** `limit` of a list, as it stands in a query. */
import { z } from "zod";

export function pageLimit({ usual, most }: { usual: number; most: number }) {
  const error = `must be a whole number from 1 to ${most}`;
  return (
    z
      .string()
      .regex(/^\d{1,6}$/, error)
      .transform(Number)
      .refine((limit) => limit >= 1 && limit <= most, error)
      .default(usual)
      // What it means rather than how it is written.
      .meta({
        description: "How many at most.",
        override: ({ jsonSchema }) => {
          for (const name of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, name);
          Object.assign(jsonSchema, { type: "integer", minimum: 1, maximum: most, default: usual });
        },
      })
  );
}
