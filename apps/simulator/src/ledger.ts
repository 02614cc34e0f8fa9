// The witness: what the simulator was asked, how each exchange ended and what it would have billed. The last 100,000
// entries are kept; of prompts only a hash and the two ends, so memory is bounded whatever is sent.

import { z } from "zod";

export type LedgerEntry = {
  /** From 1, in the order in which the exchanges ended; goes on after the ledger was cleared. */
  readonly n: number;
  /** When the request had been read. */
  readonly at: string;
  /** The same in milliseconds since 1970, and when it was over: from then on it counts as billed. */
  readonly received_at_ms: number;
  readonly answered_at_ms: number;
  readonly path: string;
  readonly model: string | null;
  /** Of model, system, tools and messages in canonical form; equal for equal prompts. Null if it was not understood. */
  readonly request_hash: string | null;
  /** The first and the last text of the user, at most 200 characters each; `contains` searches both. */
  readonly prompt_head: string;
  readonly prompt_tail: string;
  readonly messages: number;
  readonly max_tokens: number | null;
  /** By which the client knows the reply. Null where none was begun. */
  readonly message_id: string | null;
  /** completed: the whole reply was sent. aborted: the client went away. failed: an error or a scripted fault. */
  outcome: "completed" | "aborted" | "failed";
  /** The HTTP status; 0 where the connection ended before one was sent. */
  readonly status: number;
  readonly stop_reason: string | null;
  /** As far as the reply came. */
  readonly usage: LedgerUsage | null;
  readonly billed_nano_usd: number;
  readonly request_id: string;
};

export type LedgerUsage = {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
};

export type LedgerTotals = {
  requests: number;
  completed: number;
  aborted: number;
  failed: number;
  billed_nano_usd: number;
};

export const LedgerQuery = z.object({
  /** Only entries whose n is greater. */
  since: z.coerce.number().int().min(0).optional(),
  contains: z.string().max(200).optional(),
  /** The newest so many; totals cover what the filter finds regardless. */
  limit: z.coerce.number().int().min(0).max(100_000).optional(),
});
export type LedgerQuery = z.infer<typeof LedgerQuery>;

export type Ledger = {
  record(entry: Omit<LedgerEntry, "n">): LedgerEntry;
  /** The client turned out to have gone before the last byte was out. What it would be billed stays. */
  amendToAborted(entry: LedgerEntry): void;
  read(query: LedgerQuery): { entries: LedgerEntry[]; totals: LedgerTotals };
  clear(): void;
};

const MAX_ENTRIES = 100_000;

export function createLedger(maxEntries = MAX_ENTRIES): Ledger {
  /** A ring: entry n stands at n modulo its size. */
  let ring: LedgerEntry[] = [];
  let first = 1;
  let next = 1;
  let totals = noTotals();

  const entriesFrom = (n: number): LedgerEntry[] => {
    const found: LedgerEntry[] = [];
    for (let at = Math.max(n, first, next - maxEntries); at < next; at += 1) {
      const entry = ring[at % maxEntries];
      if (entry !== undefined) found.push(entry);
    }
    return found;
  };

  return {
    record(fields) {
      const entry: LedgerEntry = { n: next, ...fields };
      ring[next % maxEntries] = entry;
      next += 1;
      add(totals, entry);
      return entry;
    },
    amendToAborted(entry) {
      if (entry.n >= first && entry.outcome === "completed") {
        totals.completed -= 1;
        totals.aborted += 1;
      }
      entry.outcome = "aborted";
    },
    read({ since = 0, contains, limit = maxEntries }) {
      let found = entriesFrom(since + 1);
      if (contains !== undefined)
        found = found.filter((e) => e.prompt_head.includes(contains) || e.prompt_tail.includes(contains));
      const isAll = since < first && contains === undefined;
      const sums = isAll ? { ...totals } : found.reduce(add, noTotals());
      return { entries: limit === 0 ? [] : found.slice(-limit), totals: sums };
    },
    clear() {
      ring = [];
      first = next;
      totals = noTotals();
    },
  };
}

function noTotals(): LedgerTotals {
  return { requests: 0, completed: 0, aborted: 0, failed: 0, billed_nano_usd: 0 };
}

function add(totals: LedgerTotals, entry: LedgerEntry): LedgerTotals {
  totals.requests += 1;
  totals[entry.outcome] += 1;
  totals.billed_nano_usd += entry.billed_nano_usd;
  return totals;
}
