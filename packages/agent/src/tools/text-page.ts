// Long text in pages, so that one document does not fill the model's context: what a page holds and where the
// next one starts. Positions count UTF-16 units; a page never ends inside a surrogate pair.

import { z } from "zod";

const DEFAULT_PAGE_CHARS = 20_000;
const MAX_PAGE_CHARS = 100_000;

export type TextPage = {
  readonly text: string;
  readonly total_chars: number;
  readonly has_more: boolean;
  readonly next_offset: number | null;
};

export function pageOf(text: string, offset: number, limit: number): TextPage {
  const start = insidePair(text, offset) ? offset - 1 : offset;
  const wanted = Math.min(text.length, offset + limit);
  // Forward, not back: a page of one unit must still make progress.
  const end = insidePair(text, wanted) ? wanted + 1 : wanted;
  const has_more = end < text.length;
  return {
    text: text.slice(start, end),
    total_chars: text.length,
    has_more,
    next_offset: has_more ? end : null,
  };
}

function insidePair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

/** How a tool that returns long text lets the model ask for it page by page. */
export const pageInput = {
  offset: z.int().min(0).default(0).describe("Character to start at."),
  limit: z
    .int()
    .min(1)
    .max(MAX_PAGE_CHARS)
    .default(DEFAULT_PAGE_CHARS)
    .describe("Most characters to return."),
};
