/** The simulator as a witness: each exchange it had with a worker, and what it would have billed for it. */
import { z } from "zod";

/** Of the ledger's entry, what is asked for here. */
const Exchange = z.looseObject({
  path: z.string(),
  at: z.string(),
  request_hash: z.string().nullable(),
  prompt_head: z.string(),
  outcome: z.enum(["completed", "aborted", "failed"]),
  status: z.number(),
  billed_nano_usd: z.number(),
});
export type Exchange = z.infer<typeof Exchange>;

/** By the word at the start of the prompt; counting tokens is no exchange. */
export async function readExchanges(simulatorUrl: string): Promise<Map<string, Exchange[]>> {
  const response = await fetch(`${simulatorUrl}/control/ledger`);
  const { entries } = z.object({ entries: z.array(Exchange) }).parse(await response.json());
  const byWord = new Map<string, Exchange[]>();
  for (const entry of entries) {
    if (entry.path !== "/v1/messages") continue;
    const word = entry.prompt_head.split(" ", 1)[0] ?? "";
    byWord.set(word, [...(byWord.get(word) ?? []), entry]);
  }
  return byWord;
}

/** Exchanges under way. */
export async function inFlight(simulatorUrl: string): Promise<number> {
  const response = await fetch(`${simulatorUrl}/control/scenario`);
  // The question itself is one of them.
  return z.object({ in_flight: z.number() }).parse(await response.json()).in_flight - 1;
}
