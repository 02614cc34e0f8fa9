/** The simulator's ledger: what it billed, to whom by the marker in the prompt, and when. */
import { z } from "zod";

const Bill = z.looseObject({
  path: z.string(),
  prompt_head: z.string(),
  message_id: z.string().nullable(),
  outcome: z.enum(["completed", "aborted", "failed"]),
  received_at_ms: z.number(),
  answered_at_ms: z.number(),
  billed_nano_usd: z.number(),
});
export type Bill = z.infer<typeof Bill>;

/** In the order in which they came due. */
export async function readBills(simulatorUrl: string): Promise<Bill[]> {
  const response = await fetch(`${simulatorUrl}/control/ledger`);
  const { entries } = z.object({ entries: z.array(Bill) }).parse(await response.json());
  return entries.filter(({ path }) => path === "/v1/messages");
}

/** The sum so far of what bears the marker. */
export async function billedSoFar(simulatorUrl: string, marker: string): Promise<number> {
  const query = marker === "" ? "" : `&contains=${encodeURIComponent(marker)}`;
  const response = await fetch(`${simulatorUrl}/control/ledger?limit=0${query}`);
  const { totals } = z
    .object({ totals: z.object({ billed_nano_usd: z.number() }) })
    .parse(await response.json());
  return totals.billed_nano_usd;
}
