// Prompt caching as the API bills it. A breakpoint keeps the prefix up to it; a later request of the same model reads
// the longest kept prefix at or up to 20 segments before one of its own breakpoints, and writes the rest. The model is
// simpler than the real one in two ways: there is no least length, and an entry can be read as soon as it is asked for.

import { sha1 } from "./json.ts";
import type { PromptSegment } from "./prompt-segments.ts";

export type InputTokens = {
  readonly uncached: number;
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
};

export type PromptCache = {
  /** Splits the prompt's tokens by price, and keeps its prefixes for the next request. */
  account(model: string, segments: readonly PromptSegment[]): InputTokens;
};

const LOOKBACK_SEGMENTS = 20;
const LIFE_MS = { "5m": 300_000, "1h": 3_600_000 } as const;
const MAX_ENTRIES = 100_000;

export function createPromptCache({ nowMs }: { nowMs: () => number }): PromptCache {
  /** Prefix hash → life and end. Insertion order is age: the oldest go when there are too many. */
  const kept = new Map<string, { lifeMs: number; endsAtMs: number }>();

  const keep = (prefix: string, lifeMs: number) => {
    kept.delete(prefix);
    kept.set(prefix, { lifeMs, endsAtMs: nowMs() + lifeMs });
    if (kept.size <= MAX_ENTRIES) return;
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      break;
    }
  };

  return {
    account(model, segments) {
      const lastMark = segments.findLastIndex(({ ttl }) => ttl !== undefined);
      let total = 0;
      const ends = segments.map(({ tokens }) => (total += tokens));
      if (lastMark < 0) return { uncached: total, read: 0, write5m: 0, write1h: 0 };
      const prefixes: string[] = [];
      let prefix = model;
      for (const { canonical } of segments.slice(0, lastMark + 1)) {
        prefix = sha1(`${prefix}\n${canonical}`);
        prefixes.push(prefix);
      }
      const marks = segments.flatMap(({ ttl }, index) => (ttl === undefined ? [] : [{ index, ttl }]));
      let readIndex = -1;
      for (const { index } of marks) {
        const floor = Math.max(readIndex + 1, index - LOOKBACK_SEGMENTS + 1);
        for (let at = index; at >= floor; at -= 1) {
          const entry = kept.get(prefixes[at] ?? "");
          if (entry === undefined || entry.endsAtMs <= nowMs()) continue;
          readIndex = at;
          break;
        }
      }
      const readPrefix = prefixes[readIndex];
      const readEntry = readPrefix === undefined ? undefined : kept.get(readPrefix);
      // Reading renews.
      if (readPrefix !== undefined && readEntry !== undefined) keep(readPrefix, readEntry.lifeMs);
      let from = ends[readIndex] ?? 0;
      const written = { "5m": 0, "1h": 0 };
      for (const { index, ttl } of marks) {
        const end = ends[index] ?? 0;
        const markPrefix = prefixes[index];
        if (end <= from || markPrefix === undefined) continue;
        written[ttl] += end - from;
        from = end;
        keep(markPrefix, LIFE_MS[ttl]);
      }
      const read = ends[readIndex] ?? 0;
      return { uncached: total - from, read, write5m: written["5m"], write1h: written["1h"] };
    },
  };
}
