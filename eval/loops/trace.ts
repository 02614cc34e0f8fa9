/** A labelled trace of the corpus: rows as `observe` takes them, and what a person says of them. */
import { z } from "zod";

export const Row = z.strictObject({
  turn: z.int().positive(),
  input: z.string().optional(),
  tool: z.string().optional(),
  args: z.json().optional(),
  result: z.json().optional(),
  isError: z.boolean().optional(),
  text: z.string().optional(),
  atMs: z.number().optional(),
});
export type Row = z.infer<typeof Row>;

export const Trace = z.strictObject({
  name: z.string(),
  label: z.enum(["loop", "honest"]),
  kind: z.string(),
  /** tuned: looked at while the rules were made. held_out: only measured. */
  split: z.enum(["tuned", "held_out"]),
  /** The first turn that was of no use. */
  useless_from: z.int().positive().optional(),
  /** Tools of which polling is declared. */
  poll: z
    .record(z.string(), z.strictObject({ intervalMs: z.int().positive(), maxDurationMs: z.int().positive() }))
    .optional(),
  rows: z.array(Row).min(1),
});
export type Trace = z.infer<typeof Trace>;
