/** The ledger as text in Redis: amounts keep every digit, accounts are written in place, events come whole. */
import { foldTask } from "@pawl/protocol";
import { expect, it } from "vitest";
import { claimedTask, holding, settled, spentOn } from "../../../test/support/claimed.ts";
import { expectHeadToMatchJournal } from "../../../test/support/head.ts";
import { ownStore, terms, userAccount } from "../../../test/support/store.ts";
import { accountsIn } from "./account.fixture.ts";
import { type Account, key, readJournal, type Store } from "./index.ts";

const store = await ownStore();
const tenant = "acme";
const over = (...accounts: Account[]) => terms({ accounts, ownLimitNanoUsd: Number.MAX_SAFE_INTEGER });
const { keyOf, wordsOf, setWords, moneyOf } = accountsIn(store, tenant);
const textOf = async (account: Account) => (await store.redis.get(keyOf(account))) ?? "";
const ownMoney = (task: string) => store.redis.hget(key(tenant, "head", task), "money");

it.each([
  1,
  999_999_999,
  1_000_000_000,
  1_000_000_001,
  999_999_999_999_999,
  1_000_000_000_000_000,
  Number.MAX_SAFE_INTEGER,
])("%i nano-dollars are held and spent to the last digit", async (amount) => {
  const account = userAccount(`amount-${amount}`, Number.MAX_SAFE_INTEGER);
  const { task, step } = await claimedTask(store);
  const held = await step(1, { next: holding(over(account), "m1", amount) });
  expect(held).toMatchObject({ kind: "done", freeNanoUsd: Number.MAX_SAFE_INTEGER - amount });
  expect(await ownMoney(task)).toBe(`0 ${amount} 0`);
  expect(await moneyOf(account)).toEqual({ spent: 0, held: amount });
  await step(2, settled("m1", amount));
  expect(await ownMoney(task)).toBe(`${amount} 0 0`);
  expect(await moneyOf(account)).toEqual({ spent: amount, held: 0 });
});

it("each of several open holds is settled by itself, wherever it stands", async () => {
  const { task, step } = await claimedTask(store);
  const holds = ["m1", "m11", "m2", "m3"].map((hold) => ({ hold, nanoUsd: 100, spentOn }));
  await step(1, { next: { ...holding(over(), "m1", 100), holds, events: [] } });
  const open = async () =>
    ((await store.redis.hget(key(tenant, "head", task), "holds")) ?? "")
      .split("\n")
      .map((line) => line.replace(/^[^:]+:(\S+) .*$/, "$1"));
  await step(2, settled("m11", 1));
  expect(await open()).toEqual(["m1", "m2", "m3"]);
  await step(3, settled("m1", 1));
  expect(await open()).toEqual(["m2", "m3"]);
  await step(4, settled("m3", 1));
  expect(await open()).toEqual(["m2"]);
  await step(5, settled("m2", 1));
  expect(await open()).toEqual([""]);
  expect(await ownMoney(task)).toBe("4 0 0");
});

it("an account is written in place: its other words and its expiry stay", async () => {
  const account = userAccount("in-place", 1000, { window: "day" });
  const { step } = await claimedTask(store);
  await step(1, { next: holding(over(account), "m1", 900) });
  const before = await textOf(account);
  await step(2, settled("m1", 7));
  expect(await textOf(account)).toBe(`${"0".repeat(16)} ${"7".padStart(16, "0")}${before.slice(33)}`);
  expect(await store.redis.pttl(keyOf(account))).toBeGreaterThan(0);
});

it("an account whose words are of another width is read, and written anew", async () => {
  const account = userAccount("narrow", 1000, { window: "day" });
  const { step } = await claimedTask(store);
  await step(1, { next: holding(over(account), "m1", 900) });
  const { held: _held, total: _total, ...words } = await wordsOf(account);
  await setWords(account, { held: 900, total: 5 });
  await step(2, settled("m1", 7));
  expect(await moneyOf(account)).toEqual({ spent: 12, held: 0 });
  expect(await wordsOf(account)).toMatchObject(words);
  expect(await store.redis.pttl(keyOf(account))).toBeGreaterThan(0);
});

it("who waits for money is told so by the events he was sent with, bytes of any kind", async () => {
  const asBytes: Store = {
    ...store,
    codec: { ...store.codec, encode: (event) => Buffer.from(store.codec.encode(event)) },
  };
  const account = userAccount("bytes", 100);
  const [first, second] = [await claimedTask(store), await claimedTask(asBytes)];
  await first.step(1, { next: holding(over(account), "m1", 80) });
  expect(await second.step(1, { next: holding(over(account), "m1", 50) })).toMatchObject({ kind: "parked" });
  expect(foldTask(await readJournal(store, tenant, second.task))).toMatchObject({ waitingFor: "budget" });
  await first.step(2, settled("m1", 20));
  const events = await readJournal(store, tenant, second.task);
  expect(events.at(-1)).toMatchObject({ type: "task.resumed", data: { because: "budget" } });
  await expectHeadToMatchJournal(store, tenant, second.task);
});
