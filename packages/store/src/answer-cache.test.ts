import { expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { cacheAnswer, findCachedAnswer } from "./answer-cache.ts";
import { key } from "./keys.ts";

const store = await ownStore();
const answer = { task: "task_1", atMs: 5, text: "Yes." };

it("finds an answer again under its question, and under no other tenant's", async () => {
  await cacheAnswer(store, { tenant: "acme", question: "q1", ttlMs: 60_000 }, answer);
  expect(await findCachedAnswer(store, { tenant: "acme", question: "q1" })).toEqual(answer);
  expect(await findCachedAnswer(store, { tenant: "acme", question: "q2" })).toBeUndefined();
  expect(await findCachedAnswer(store, { tenant: "other", question: "q1" })).toBeUndefined();
});

it("lets it go when its time is over", async () => {
  await cacheAnswer(store, { tenant: "acme", question: "q3", ttlMs: 60_000 }, answer);
  const leftMs = await store.redis.pttl(key("acme", "answer", "q3"));
  expect(leftMs).toBeGreaterThan(0);
  expect(leftMs).toBeLessThanOrEqual(60_000);
});
