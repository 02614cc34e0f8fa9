/** What was spent, by whatever a report was grouped by. */
import { z } from "zod";
import { SpendingKind } from "./money.ts";
import { NextCursor } from "./page.ts";

const Count = z.int().nonnegative();

const amounts = {
  cost_usd: z.number().nonnegative(),
  unconfirmed_usd: z
    .number()
    .nonnegative()
    .meta({ description: "The part of `cost_usd` that is a worst case, not known to have been billed." }),
  input_tokens: Count,
  output_tokens: Count,
  cache_read_tokens: Count,
  cache_write_tokens: Count,
  calls: Count,
};

/** The members that a row is grouped by are there, the others are not; null: the tasks had none. */
const group = {
  day: z.iso.date().optional(),
  user: z.string().nullable().optional(),
  feature: z.string().nullable().optional(),
  agent: z.string().nullable().optional(),
  model: z.string().nullable().optional(),
  kind: SpendingKind.optional(),
};

export const UsageView = z.strictObject({ ...group, ...amounts }).meta({
  id: "Usage",
  description: "What one group of a report spent. The members that were grouped by are there.",
  example: {
    user: "C-1042",
    cost_usd: 0.013545,
    unconfirmed_usd: 0,
    input_tokens: 11,
    output_tokens: 224,
    cache_read_tokens: 4638,
    cache_write_tokens: 4336,
    calls: 5,
  },
});
export type UsageView = z.infer<typeof UsageView>;

export const UsageReport = z
  .strictObject({
    data: z.array(UsageView),
    next_cursor: NextCursor,
    total: z.strictObject(amounts).meta({ description: "Of all pages together." }),
  })
  .meta({ id: "UsageReport" });
export type UsageReport = z.infer<typeof UsageReport>;
