import { describe, expect, it } from "vitest";
import { redacted, redactText } from "./redact-text.ts";

/** A text without any hint is never searched: each kind of secret must give itself away by its own shape. */
const alone = [
  ["a private key", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", redacted],
  ["a bearer token in any case", "BEARER a1b2c3d4e5f6g7h8i9j0", `BEARER ${redacted}`],
  ["basic credentials", "Basic YWxhZGRpbjpvcGVuc2VzYW1l", `Basic ${redacted}`],
  ["a model provider's key", "sk-ant-api03-abcdef", redacted],
  ["another one's", `sk-${"a1".repeat(12)}`, redacted],
  ["a webhook secret", "whsec_abcdef123456", redacted],
  ["a key of our own", "pawl_admin_1234567890", redacted],
  ["a long-lived cloud key", "AKIAABCDEFGHIJKLMNOP", redacted],
  ["a passing cloud key", "ASIAABCDEFGHIJKLMNOP", redacted],
  ["a code host's token", `ghp_${"a1".repeat(12)}`, redacted],
  ["its longer form", `github_pat_${"a1".repeat(12)}`, redacted],
  ["another host's", `glpat-${"a1".repeat(12)}`, redacted],
  ["a registry's token", `npm_${"a1".repeat(12)}`, redacted],
  ["a payment key", ["sk", "live", "a1".repeat(8)].join("_"), redacted],
  ["a restricted payment key", ["rk", "test", "a1".repeat(8)].join("_"), redacted],
  ["a chat token", ["xoxb", "1234567890", "abcdef"].join("-"), redacted],
  ["a maps key", `AIza${"a1".repeat(16)}`, redacted],
  ["a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", redacted],
] as const;

describe("secrets with nothing around them", () => {
  it.each(alone)("%s is hidden", (_what, text, clean) => {
    expect(redactText(text)).toBe(clean);
  });
  it.each(alone)("%s is hidden within prose", (_what, text, clean) => {
    expect(redactText(`it was ${text}\nand more`)).toBe(`it was ${clean}\nand more`);
  });
});

it("what every line of a log holds is left as it is", () => {
  for (const text of ["attempt over", "ended", "task_01m822fd12bzdmjrnmjgya6dxh", "bench", "user-7"])
    expect(redactText(text)).toBe(text);
});
