import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCanary } from "./output/canary.ts";
import { seeded } from "./pii/synthetic.fixture.ts";
import { createRulesGuard } from "./rules.fixture.ts";
import { createStreamRedactor } from "./stream-redactor.ts";

const ONE = [
  "Write to ann.lee@example.com or call +49 30 901820 today.",
  "The card 4111 1111 1111 1111 and GB29 NWBK 6016 1331 9268 19 were used.",
  "ssn: 123-45-6789, passport number A12345678.",
  "请联系foo@bar.com谢谢，电话 138-1234-5678。",
  "host 10.1.2.3 and 2001:db8::8a2e:370:7334, key sk-ant-api03-abcdefghijklmnop1234.",
  "-----BEGIN PRIVATE KEY-----\nMIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA\n-----END PRIVATE KEY----- and on",
  "postgres://admin:hunter2@db.internal:5432/shop",
  "Nothing of note here: 12 apples, 3.50 €, on 2024-01-15.",
  "😀 (555) 123-4567x890 😀",
];

function streamed(chunks: readonly string[]): string {
  const redactor = createStreamRedactor();
  return chunks.map((chunk) => redactor.write(chunk)).join("") + redactor.end();
}

/** The text cut at the given places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, index) => text.slice(at[index], end));
}

describe("a text redacted while it is written", () => {
  it("is the text redacted whole, however it is cut into chunks", () => {
    const guard = createRulesGuard();
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...ONE), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(600), { maxLength: 40 }),
        (parts, places) => {
          const text = parts.join(" ");
          expect(streamed(cut(text, places))).toBe(guard.check(text, { direction: "output" }).text);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("comes out the same letter by letter", () => {
    const text = ONE.join("\n");
    expect(streamed([...text])).toBe(createRulesGuard().check(text, { direction: "output" }).text);
  });

  it("flows while nothing is suspicious: a word is shown when the next one begins", () => {
    const redactor = createStreamRedactor();
    expect(redactor.write("Thank you for ")).toBe("Thank you for ");
    expect(redactor.write("waiting, your par")).toBe("waiting, your ");
    expect(redactor.write("cel is on its way. Mail ann@exam")).toBe("parcel is on its way. Mail ");
    expect(redactor.write("ple.com")).toBe("");
    expect(redactor.end()).toBe("[EMAIL_REDACTED]");
    expect(redactor.findings()).toEqual([{ guard: "pii", category: "email", score: 1 }]);
  });

  it("holds no more than a few kilobytes, and drops a key that is longer until it ends", () => {
    const redactor = createStreamRedactor();
    const line = `${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(2)}\n`;
    const head = redactor.write(`Here: -----BEGIN RSA PRIVATE KEY-----\n`);
    let shown = head;
    for (let count = 0; count < 200; count += 1) shown += redactor.write(line);
    shown += redactor.write("-----END RSA PRIV");
    shown += redactor.write("ATE KEY----- done.");
    expect(shown + redactor.end()).toBe("Here: [PRIVATE_KEY_REDACTED] done.");
  });

  it("lets a word without end go on, in parts", () => {
    const redactor = createStreamRedactor();
    const text = "ab".repeat(20_000);
    const first = redactor.write(text);
    expect(first.length).toBeGreaterThan(30_000);
    expect(first + redactor.end()).toBe(text);
  });

  it("takes out canaries, its own and another prompt's", () => {
    const canary = makeCanary(seeded(7));
    const redactor = createStreamRedactor([], { canary });
    const text = `It says ${canary.slice(0, 9)}`;
    const shown = redactor.write(text) + redactor.write(`${canary.slice(9)}, and `) + redactor.end();
    expect(shown).toBe("It says [CANARY_REDACTED], and ");
    expect(streamed([`Also ${canary}.`])).toBe("Also [FOREIGN_CANARY_REDACTED].");
  });

  it("says back what the user brought, and what the policy allows", () => {
    const redactor = createStreamRedactor(
      { allow: { domains: ["shop.example"] } },
      { said: ["I am ann@example.com, 020 7946 0958"] },
    );
    const text = "Ann@example.com, (020) 79460958, help@mail.shop.example, tom@example.com";
    expect(redactor.write(text) + redactor.end()).toBe(
      "Ann@example.com, (020) 79460958, help@mail.shop.example, [EMAIL_REDACTED]",
    );
  });
});
