// Rate limits as the real SDK meets them: headers on every answer, a 429 above the allowance.

import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { createRateLimiter, type RateLimits } from "./rate-limits.ts";
import { ask, runSimulator } from "./running-simulator.fixture.ts";

const { client, script, control, ledger } = runSimulator();

describe("a simulator with rate limits", () => {
  it("says in its headers what is allowed and what is left", async () => {
    await script({ rate_limits: { requests_per_minute: 10, input_tokens_per_minute: 1_000 } });
    const { response } = await client().messages.create(ask("limit one")).withResponse();
    const header = (name: string) => response.headers.get(`anthropic-ratelimit-${name}`);
    expect([header("requests-limit"), header("requests-remaining")]).toEqual(["10", "9"]);
    expect([header("input-tokens-limit"), header("input-tokens-remaining")]).toEqual(["1000", "997"]);
    expect(Date.parse(header("requests-reset") ?? "")).toBeGreaterThan(Date.now());
    expect(header("output-tokens-limit")).toBeNull();
  });

  it("refuses what is above them with 429 and a time to wait, unbilled and in the ledger", async () => {
    await script({ rate_limits: { requests_per_minute: 2 } });
    const model = "claude-haiku-5-5";
    await client().messages.create(ask("limit two", { model }));
    await client().messages.create(ask("limit two", { model }));
    const third = await client()
      .messages.create(ask("limit two", { model }))
      .catch((error: unknown) => error);
    expect(third).toBeInstanceOf(Anthropic.RateLimitError);
    if (!(third instanceof Anthropic.RateLimitError)) return;
    expect(Number(third.headers?.get("retry-after"))).toBeGreaterThan(50);
    expect(third.headers?.get("anthropic-ratelimit-requests-remaining")).toBe("0");
    const { entries } = await ledger("limit two");
    expect(entries.map(({ status, billed_nano_usd: billed }) => [status, billed > 0])).toEqual([
      [200, true],
      [200, true],
      [429, false],
    ]);
  });

  it("sends no such headers once the limits are taken away, and shows what it has", async () => {
    await script({ rate_limits: { requests_per_minute: 2 } });
    expect((await control("GET", "scenario")).body).toMatchObject({
      rate_limits: { requests_per_minute: 2, window_ms: 60_000 },
    });
    await script({ rate_limits: null });
    const { response } = await client().messages.create(ask("limit three")).withResponse();
    expect([...response.headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
    expect((await control("GET", "scenario")).body).toMatchObject({ rate_limits: null });
  });
});

describe("the allowance", () => {
  const limits: RateLimits = { requests_per_minute: 60, window_ms: 10_000 };

  function at(limit: RateLimits) {
    let nowMs = 0;
    const rates = createRateLimiter({ nowMs: () => nowMs });
    return {
      rates,
      serves: (atMs: number, tokens = 1) => {
        nowMs = atMs;
        return rates.admit("m", tokens, limit).refused === undefined;
      },
    };
  }

  it("is that of any window: what was used falls out of it one by one", () => {
    const { serves } = at(limits);
    expect(Array.from({ length: 12 }, (_, i) => serves(i * 500)).filter(Boolean)).toHaveLength(10);
    expect([serves(9_900), serves(10_001), serves(10_002)]).toEqual([false, true, false]);
  });

  it("counts input before and output after it was said", () => {
    const { rates, serves } = at({
      input_tokens_per_minute: 100,
      output_tokens_per_minute: 50,
      window_ms: 60_000,
    });
    expect([serves(0, 80), serves(1, 30), serves(2, 20)]).toEqual([true, false, true]);
    const { rates: spoken, serves: answers } = at({ output_tokens_per_minute: 50, window_ms: 60_000 });
    expect(answers(0)).toBe(true);
    spoken.count("m", 50);
    expect(answers(1)).toBe(false);
    rates.count("other", 1);
  });
});
