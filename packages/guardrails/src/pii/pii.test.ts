import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPii, type PiiOptions } from "./index.ts";
import { addresses, cards, ibans, ordinary, type Planted, phones } from "./synthetic.fixture.ts";

function found(text: string, options?: PiiOptions): Record<string, string[]> {
  const byCategory: Record<string, string[]> = {};
  for (const { category, start, end } of findPii(text, options)) {
    byCategory[category] ??= [];
    byCategory[category].push(text.slice(start, end));
  }
  return byCategory;
}

/** The share whose exact characters were found. */
function recall(planted: readonly Planted[]): number {
  const hits = planted.filter(({ text, category, value }) =>
    findPii(text).some((hit) => hit.category === category && text.slice(hit.start, hit.end) === value),
  );
  return hits.length / planted.length;
}

describe("synthetic people", () => {
  it("have e-mail addresses, machines and social security numbers that are found to the letter", () => {
    expect(recall(addresses(1_000))).toBeGreaterThanOrEqual(0.99);
  });

  it("have cards and accounts that are found, all of them", () => {
    expect(recall(cards(560))).toBe(1);
    expect(recall(ibans(300))).toBe(1);
  });

  it("have telephone numbers in fifty countries, of which nine in ten are found", () => {
    expect(recall(phones(4))).toBeGreaterThanOrEqual(0.9);
  });

  it("leave no trace in ordinary text with order numbers, dates and prices", () => {
    const texts = ordinary(1_000);
    const wrong = texts.filter((text) => findPii(text).length > 0);
    expect(wrong.length / texts.length).toBeLessThanOrEqual(0.01);
  });
});

describe("validators", () => {
  it("let a card with a wrong check digit pass, and an IBAN with a wrong remainder", () => {
    expect(found("4111 1111 1111 1112, GB29 NWBK 6016 1331 9268 18")).toEqual({});
  });

  it("know numbers that were never issued", () => {
    expect(found("000-12-3456 666-12-3456 123-00-4567")).toEqual({});
    expect(found("SSN 900-12-3456")).toEqual({ ssn: ["900-12-3456"] });
  });

  it("take neither versions nor code for addresses of machines", () => {
    expect(
      found("v1.2.3.4, Chrome/120.0.0.0, version 10.0.0.1, 1.2.3.4.5, 300.1.1.1, std::vector, a::b"),
    ).toEqual({});
    expect(found("ping 10.0.0.1:8080 or [fe80::1%eth0]")).toEqual({
      ip_address: ["10.0.0.1", "fe80::1%eth0"],
    });
  });

  it("read passports and licences only after a word for them", () => {
    expect(found("A12345678 and D123-4567-8901")).toEqual({});
    expect(found("Passport no. A12345678; driver's license: D123-4567-8901")).toEqual({
      us_passport: ["A12345678"],
      us_drivers_license: ["D123-4567-8901"],
    });
  });

  it("leave the address of a repository alone", () => {
    expect(found("git clone git@github.com:acme/shop.git")).toEqual({});
  });
});

describe("secrets", () => {
  // Put together here, so that no scanner takes this file for a leak.
  const tail = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0fG";
  const keys = [
    `AKIA${"IOSFODNN7EXAMPLE"}`,
    `AIza${tail}abc`,
    `ghp_${tail}abcd`,
    `github_pat_${tail}`,
    `glpat-${tail.slice(0, 20)}`,
    `xoxb-${"123456789012"}-${tail}`,
    `sk_live_${tail}`,
    `sk-proj-${tail}`,
    `sk-ant-api03-${tail}`,
    `npm_${tail}abcd`,
    `SK${"0123456789abcdef".repeat(2)}`,
    `SG.${tail.slice(0, 22)}.${tail}${tail.slice(0, 11)}`,
    `hf_${tail}`,
    `dop_v1_${"0123456789abcdef".repeat(4)}`,
    `shpat_${"0123456789abcdef".repeat(2)}`,
  ];

  it.each(keys)("knows a key by its vendor's shape: %s", (key) => {
    expect(found(`use ${key}, please`)).toEqual({ api_key: [key] });
    expect(found(`{"key":"${key}"}`)).toEqual({ api_key: [key] });
  });

  it("knows a value by the name before it, and leaves plain words after such names", () => {
    expect(found(`AWS_SECRET_ACCESS_KEY=${tail}`)).toEqual({ api_key: [tail] });
    expect(found(`Authorization: Bearer ${tail}`)).toEqual({ api_key: [tail] });
    expect(found("the secret: never-tell-anybody, token = next_token_from_server")).toEqual({});
  });

  it("takes private keys whole, the unclosed one to the end", () => {
    const key = "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----";
    expect(found(`a ${key} b`)).toEqual({ private_key: [key] });
    expect(found("a -----BEGIN PRIVATE KEY-----\nabc")).toEqual({
      private_key: ["-----BEGIN PRIVATE KEY-----\nabc"],
    });
  });

  it("tells a JWT, a data store's URL and the password in another URL", () => {
    const jwt = `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${Buffer.from('{"sub":"1"}').toString("base64url")}.c2ln`;
    expect(found(`bearer of ${jwt}.`)).toEqual({ jwt: [jwt] });
    expect(found("DATABASE_URL=postgres://u:p@ss@h:5432/db?x=1, ok")).toEqual({
      database_url: ["postgres://u:p@ss@h:5432/db?x=1"],
    });
    expect(found("postgres://localhost/db and redis://cache:6379")).toEqual({});
    expect(found("https://ann:secret@host.example/x")).toEqual({ url_credentials: ["ann:secret"] });
  });
});

describe("telephone numbers", () => {
  it("take their extension along, and leave other numbers that look like them", () => {
    expect(found("(555) 123-4567 ext. 89")).toEqual({ phone: ["(555) 123-4567 ext. 89"] });
    expect(found("order 555-123-4567; tracking no. 0171 1234567; ISBN 978-3-16-148410-0; 2019-2024")).toEqual(
      {},
    );
  });

  it("are read in the notation of the countries that the policy names", () => {
    expect(found("12, ask 0171 1234567", { phoneRegions: ["DE"] })).toEqual({ phone: ["0171 1234567"] });
    expect(found("12, ask 0171 1234567", { phoneRegions: ["FR"] })).toEqual({});
  });
});

it("finds spans within the text, in order, none over another, in any text", () => {
  const piece = fc.constantFrom(
    "@",
    "a@b.co",
    "12",
    "+49 30 ",
    "😀",
    "://",
    "4111111111111111",
    " ",
    "::",
    "1.2.3.4",
    "\u0000",
    "\ud800",
    "eyJ",
    "-----BEGIN PRIVATE KEY-----",
    "x",
    "-",
    "(",
    "GB29",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ unit: "binary" }))), (pieces) => {
      const text = pieces.join("");
      let last = 0;
      for (const { start, end } of findPii(text)) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
        last = end;
      }
    }),
    { numRuns: 400 },
  );
});

it("counts offsets in UTF-16, behind signs outside the basic plane, too", () => {
  expect(found("👩‍👩‍👧 𝔘𝔫𝔦 ann@example.com 🎉 555-123-4567")).toEqual({
    email: ["ann@example.com"],
    phone: ["555-123-4567"],
  });
});
