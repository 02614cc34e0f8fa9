import { describe, expect, it } from "vitest";
import { readRateLimits } from "./rate-limits.ts";

const read = (headers: Record<string, string>) =>
  readRateLimits(
    new Headers(Object.entries(headers).map(([name, value]) => [`anthropic-ratelimit-${name}`, value])),
  );

describe("what headers say of limits", () => {
  it("is read by kind", () => {
    const told = read({
      "requests-limit": "50",
      "requests-remaining": "49",
      "input-tokens-limit": "30000",
      "output-tokens-limit": "8000",
    });
    expect(told).toEqual({
      limits: { requests: 50, inputTokens: 30_000, outputTokens: 8000 },
      remainingRequests: 49,
    });
  });

  it("is taken for the input's where only all tokens together are limited", () => {
    expect(read({ "tokens-limit": "40000" })?.limits).toEqual({ inputTokens: 40_000 });
  });

  it("is nothing where they name none, or no number", () => {
    expect(read({})).toBeUndefined();
    expect(read({ "requests-limit": "many" })).toBeUndefined();
  });
});
