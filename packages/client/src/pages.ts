/** A list, as something to walk through; its pages are fetched as they are needed. */

export type Page<Item> = { data: Item[]; next_cursor: string | null };

export type Pages<Item, P extends Page<Item> = Page<Item>> = AsyncIterable<Item> & {
  /** One page: the first, or the one that a `next_cursor` names. */
  page(cursor?: string | null): Promise<P>;
};

export function pagesOf<Item, P extends Page<Item> = Page<Item>>(
  fetchPage: (cursor: string | null) => Promise<P>,
): Pages<Item, P> {
  return {
    page: (cursor = null) => fetchPage(cursor),
    async *[Symbol.asyncIterator]() {
      let cursor: string | null = null;
      do {
        const page: P = await fetchPage(cursor);
        yield* page.data;
        cursor = page.next_cursor;
      } while (cursor !== null);
    },
  };
}
