import { describe, expect, it } from "vitest";
import { redact } from "./redact.ts";
import { redacted, redactText } from "./redact-text.ts";
import { secrecyOf } from "./secret-name.ts";

// Put together at run time, so that no scanner takes this file for a leak.
const anthropicKey = ["sk", "ant", "api03", "x9Kq-27_LmPz0000AA"].join("-");
const pawlKey = ["pawl", "3fK9xQ2mB7vT1nR8wY4z"].join("_");
const signingSecret = ["whsec", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"].join("_");
const awsKey = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
const jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0In0", "dozjgNryP4J3jVmNHl0w5N"].join(".");
const basicPair = Buffer.from("aladdin:open sesame").toString("base64");
const pem = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEowIBAAKCAQEA", "-----END RSA PRIVATE KEY-----"].join(
  "\n",
);

describe("redactText takes out", () => {
  const cases: [what: string, text: string, clean: string][] = [
    ["an Anthropic key", `key ${anthropicKey}.`, `key ${redacted}.`],
    ["an Anthropic key glued to a word", `key=x${anthropicKey}`, `key=x${redacted}`],
    ["one of our own API keys", `no such key: ${pawlKey}`, `no such key: ${redacted}`],
    ["a signing secret", `signed with ${signingSecret},`, `signed with ${redacted},`],
    ["a bearer token", `Authorization: Bearer ${pawlKey}`, `Authorization: ${redacted}`],
    ["a bearer token of unknown shape", "curl -H 'bearer a1-b2'", `curl -H 'bearer ${redacted}'`],
    ["basic credentials", `sent Basic ${basicPair} to`, `sent Basic ${redacted} to`],
    ["basic credentials in a header", "authorization: basic xyz", `authorization: ${redacted}`],
    ["a header without a scheme", "Authorization: 8f3b22aa91", `Authorization: ${redacted}`],
    ["a cookie header", "cookie: sid=abc; theme=dark\r\nhost: x", `cookie: ${redacted}\r\nhost: x`],
    ["an x-api-key header", "x-api-key: abcdef\nhost: x", `x-api-key: ${redacted}\nhost: x`],
    ["a Redis password", "redis://user:pass@10.0.0.1:6379/0", `redis://${redacted}@10.0.0.1:6379/0`],
    ["an unescaped Redis password", "rediss://:p@s/s#w?d@host:1 down", `rediss://${redacted}@host:1 down`],
    ["each of a list of nodes", "redis://:a@h1,redis://:b@h2", `redis://${redacted}@h2`],
    ["a URL's user and password", "GET https://bob:hunter2@x.test/a", `GET https://${redacted}@x.test/a`],
    ["a URL's user that is a token", "https://tok3n@git.test/r", `https://${redacted}@git.test/r`],
    ["a secret in a query", "/cb?access_token=abc&page=2", `/cb?access_token=${redacted}&page=2`],
    ["an assignment", "PAWL_ADMIN_KEY=correct,horse;battery next", `PAWL_ADMIN_KEY=${redacted} next`],
    ["a quoted assignment", `password = "a b \\" c" then`, `password = "${redacted}" then`],
    ["an inspected object", "{ apiKey: 'abc', page: 2 }", `{ apiKey: '${redacted}', page: 2 }`],
    ["JSON in text", '{"password":"hunt\\"er2","id":"7"}', `{"password":"${redacted}","id":"7"}`],
    [
      "JSON in JSON",
      '{"body":"{\\"token\\":\\"abc\\",\\"n\\":1}"}',
      `{"body":"{\\"token\\":\\"${redacted}\\",\\"n\\":1}"}`,
    ],
    ["an AWS key id", `id ${awsKey} used`, `id ${redacted} used`],
    ["a JWT", `got ${jwt};`, `got ${redacted};`],
    ["a JWT after an escaped space", `q=%20${jwt}`, `q=%20${redacted}`],
    ["a private key", `before\n${pem}\nafter`, `before\n${redacted}\nafter`],
    ["a private key cut short", `before ${pem.slice(0, 45)}`, `before ${redacted}`],
    ["a GitHub token", `ghp_${"a1B2".repeat(9)}`, redacted],
  ];
  it.each(cases)("%s", (_what, text, clean) => {
    expect(redactText(text)).toBe(clean);
  });
  it.each(cases)("%s, and leaves its own work alone", (_what, text) => {
    expect(redactText(redactText(text))).toBe(redactText(text));
  });
});

describe("redactText leaves alone", () => {
  it.each([
    ["Basic understanding of bearer shares; the Bearer certificate."],
    ["authorization: required for every route"],
    ["the task-management-of-a-long-running-project and risk-averse people"],
    ["Unexpected token: } in JSON; token = next()"],
    ["max_tokens=4096&page=2 input_tokens: 12"],
    ["pawl_task_duration_seconds_bucket"],
    ["see https://example.com/@someone?mail=a@b.test and mailto:a@b.test"],
    ["redis://127.0.0.1:6379 refused"],
    ["favourite cookie: chocolate chip"],
    ["idempotency_key=order-17 task_01hzx"],
    ["the public -----BEGIN PUBLIC KEY----- block"],
    [""],
  ])("%s", (text) => {
    expect(redactText(text)).toBe(text);
  });
});

describe("secrecyOf", () => {
  it.each([
    ...["authorization", "Proxy-Authorization", "cookie", "set-cookie", "Set-Cookie2", "password", "passwd"],
    ...["userPassword", "DB_PASSWORD", "secret", "client_secret", "webhookSecret", "PAWL_WEBHOOK_SECRET"],
    ...["credentials", "passphrase", "secretAccessKey", "clientsecret"],
  ])("hides everything under %s", (name) => {
    expect(secrecyOf(name)).toBe("whole");
  });
  it.each([
    ...["token", "accessToken", "id_token", "tokens", "x-api-key", "apiKey", "APIKey", "api_keys", "auth"],
    ...["ANTHROPIC_API_KEY", "PAWL_ADMIN_KEY", "PAWL_ENCRYPTION_KEYS", "private_key", "dbPass", "max_tokens"],
  ])("hides text, not numbers, under %s", (name) => {
    expect(secrecyOf(name)).toBe("text");
  });
  it.each([
    ...["key", "idempotency_key", "public_key", "api_key_id", "password_changed_at", "token_type", "author"],
    ...[
      "tokenizer",
      "secretary",
      "passed",
      "bypass",
      "monkey",
      "keyboard",
      "session_id",
      "name",
      "",
      "__proto__",
    ],
  ])("lets %s be read", (name) => {
    expect(secrecyOf(name)).toBe("open");
  });
});

describe("redact", () => {
  it("hides values by their name and keeps counts, flags and absences", () => {
    expect(
      redact({
        headers: { Authorization: "x", "X-Api-Key": "x", accept: "y" },
        password: 1234,
        hasPassword: true,
        secret: null,
        usage: { input_tokens: 3, max_tokens: 4, token: 5 },
        auth: { user: "ann", port: 1 },
      }),
    ).toEqual({
      headers: { Authorization: redacted, "X-Api-Key": redacted, accept: "y" },
      password: redacted,
      hasPassword: true,
      secret: null,
      usage: { input_tokens: 3, max_tokens: 4, token: 5 },
      auth: { user: redacted, port: 1 },
    });
  });

  it("hides a value whose name stands beside or before it", () => {
    expect(redact([{ name: "PAWL_ADMIN_KEY", value: "abc" }])).toEqual([
      { name: "PAWL_ADMIN_KEY", value: redacted },
    ]);
    expect(redact({ rawHeaders: ["Host", "h", "X-API-Key", "abc", "Accept", "a"] })).toEqual({
      rawHeaders: ["Host", "h", "X-API-Key", redacted, "Accept", "a"],
    });
    expect(redact(new Headers({ authorization: "abc", accept: "a" }))).toEqual({
      accept: "a",
      authorization: redacted,
    });
  });

  it("hides secrets in keys as well as in values", () => {
    expect(JSON.stringify(redact({ [anthropicKey]: 1, list: [`${pawlKey}`] }))).not.toMatch(/sk-ant|3fK9/);
  });

  it("copies and changes nothing of what it was given", () => {
    const given = Object.freeze({ password: "x", inner: Object.freeze({ list: Object.freeze([1, "a"]) }) });
    expect(redact(given)).toEqual({ password: redacted, inner: { list: [1, "a"] } });
    expect(given.password).toBe("x");
  });

  it("turns every kind of value into what JSON can hold", () => {
    const value = {
      at: new Date(0),
      url: new URL("https://a:b@x.test/"),
      map: new Map<unknown, unknown>([
        ["token", "abc"],
        [1, 2],
      ]),
      set: new Set(["a"]),
      bytes: Buffer.from("password"),
      big: 12n,
      nan: Number.NaN,
      gone: undefined,
      fn: () => 1,
      list: [undefined, Symbol("x")],
    };
    expect(redact(value)).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      url: `https://${redacted}@x.test/`,
      map: { token: redacted, 1: 2 },
      set: ["a"],
      bytes: "[8 bytes]",
      big: "12",
      nan: "NaN",
      fn: "[function]",
      list: [null, "[symbol]"],
    });
  });

  it("tells an error by its known members and its causes", () => {
    const cause = Object.assign(new Error(`401 for ${anthropicKey}`), { code: "EAUTH", headers: { a: 1 } });
    const error = new AggregateError([new TypeError("one")], "failed", { cause });
    expect(redact({ error })).toEqual({
      error: {
        name: "AggregateError",
        message: "failed",
        errors: [{ name: "TypeError", message: "one" }],
        cause: { name: "Error", message: `401 for ${redacted}`, code: "EAUTH" },
      },
    });
    expect(redact(new Error("x"), { stacks: true })).toHaveProperty("stack");
  });

  it("survives cycles, throwing getters, hostile proxies and prototype keys", () => {
    const loop: Record<string, unknown> = { name: "loop" };
    loop.self = loop;
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
        getPrototypeOf: () => {
          throw new Error("no");
        },
      },
    );
    const value = { loop, hostile, ...JSON.parse('{"__proto__":{"admin":true}}') };
    Object.defineProperty(value, "trap", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    const copy = redact(value);
    expect(JSON.parse(JSON.stringify(copy))).toEqual({
      loop: { name: "loop", self: "[circular]" },
      hostile: "[unreadable]",
      trap: "[unreadable]",
      ["__proto__"]: { admin: true },
    });
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it("is bounded in depth and size", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(JSON.stringify(redact(deep))).toContain("[too deep]");

    // Thirty levels that each name the next one twice: a billion values if copied out.
    let wide: unknown = "leaf";
    for (let level = 0; level < 30; level += 1) wide = { left: wide, right: wide };
    expect(JSON.stringify(redact(wide, { maxValues: 1_000 })).length).toBeLessThan(100_000);
  });

  it("cuts text only after the search, so that no half of a secret shows", () => {
    const straddling = `${"a".repeat(95)} ${anthropicKey}`;
    expect(redact(straddling, { maxStringChars: 100 })).not.toContain("sk-ant-");
    const shrinking = `${`${pem}\n`.repeat(4)}${"sk-ant-".padEnd(500, "k")}`;
    expect(redact(shrinking, { maxStringChars: 80 })).not.toContain("kkkk");
  });

  it("is a fixed point", () => {
    const value = { a: `x ${pawlKey}`, password: "p", list: [jwt, { token: "t" }], error: new Error("e") };
    expect(redact(redact(value))).toEqual(redact(value));
  });
});

describe("redactText takes linear time on", () => {
  const size = 1_000_000;
  it.each([
    ["one long word", "a"],
    ["starts of JWTs", "eyJ"],
    ["starts of JWTs after escapes", "%20eyJ"],
    ["starts of URLs", "redis://"],
    ["starts of userinfo", "://a:"],
    ["at signs", "://@"],
    ["starts of private keys", "-----BEGIN PRIVATE KEY-----"],
    ["half starts of private keys", "-----BEGIN AAAAAAAAAA"],
    ["open quotes after secret names", '"password":"\\'],
    ["backslashes", "\\"],
    ["escaped quotes", '\\"'],
    ["secret names and no values", "password "],
    ["assignments", "token="],
    ["bearers", "Bearer "],
    ["basics", "Basic AAAA"],
    ["authorizations", "authorization: basic "],
    ["authorizations without a scheme", "authorization:a"],
    ["cookies", "cookie: a"],
    ["spaces", " "],
    ["prefixes of keys", "sk-ant-pawl_whsec_"],
    ["names with dots", "a.b-c_"],
  ])("%s", (_what, piece) => {
    const text = piece.repeat(Math.ceil(size / piece.length));
    const begin = performance.now();
    redactText(text);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});
