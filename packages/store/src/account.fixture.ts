/** What an account is in Redis, word by word as accounts.lua describes it, for tests that look at it or wind it on. */
import type { WindowName } from "@pawl/protocol";
import { type Account, accountKey, type Store } from "./index.ts";

type Word = (typeof WORDS)[number];
const WORDS = [
  ...(["held", "total", "hourEnds", "line", "set", "configured"] as const),
  ...(["hour", "day", "dayEnds", "month", "monthEnds"] as const),
] as const;
const NEW = "0 0 0 0 - - 0 0 0 0 0";

export type AccountWords = Record<Word, string>;

export function accountsIn(store: Store, tenant: string) {
  const keyOf = (account: Account) => accountKey(store, tenant, account);

  async function wordsOf(account: Account): Promise<AccountWords> {
    const words = ((await store.redis.get(keyOf(account))) ?? NEW).split(" ");
    return Object.fromEntries(WORDS.map((name, i) => [name, words[i] ?? ""])) as AccountWords;
  }

  /** Its other words stay, and so does its expiry. */
  async function setWords(account: Account, over: Partial<Record<Word, string | number>>): Promise<void> {
    const words = { ...(await wordsOf(account)), ...over };
    await store.redis.set(keyOf(account), WORDS.map((name) => words[name]).join(" "), "KEEPTTL");
  }

  return {
    keyOf,
    wordsOf,
    setWords,
    async moneyOf(account: Account, window: WindowName = "total") {
      const words = await wordsOf(account);
      const before = window === "total" ? 0 : Number(words[window]);
      return { spent: Number(words.total) - before, held: Number(words.held) };
    },
    /** As if it had ended a moment ago: Redis' clock cannot be moved. */
    endTheHour: (account: Account) => setWords(account, { hourEnds: Date.now() - 1 }),
    endTheDay: (account: Account) => setWords(account, { hourEnds: Date.now() - 1, dayEnds: Date.now() - 1 }),
  };
}
