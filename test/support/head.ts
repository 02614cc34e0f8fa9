/** head = fold(journal): whatever the story was, the scripts' head and the journal's fold must tell the same. */
import type { Store } from "@pawl/store";
import { expect } from "vitest";
import { headAndFold } from "./head-and-fold.ts";

export async function expectHeadToMatchJournal(store: Store, tenant: string, task: string): Promise<void> {
  const { head, fold } = await headAndFold(store, tenant, task);
  expect(head).toEqual(fold);
}
