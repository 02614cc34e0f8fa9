import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EnvironmentError, exitOnEnvironmentError, readEnvironment, requireOneOf } from "./environment.ts";
import * as variables from "./variables.ts";

const pieces = { ...variables };

const schema = z.object({
  PORT: variables.port.default(3000),
  LOCK_DURATION_MS: variables.positiveMs.default(5000),
  PAWL_ADMIN_KEY: variables.adminKey,
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_BASE_URL: variables.httpUrl.optional(),
});

function faultsOf(read: () => unknown): EnvironmentError {
  try {
    read();
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error("no fault was found");
}

describe("readEnvironment", () => {
  it("gives typed values and defaults, and ignores other variables", () => {
    const env = readEnvironment(schema, {
      PAWL_ADMIN_KEY: "0123456789abcdef",
      PORT: " 8080\n",
      PATH: "/bin",
    });
    expect(env).toEqual({ PORT: 8080, LOCK_DURATION_MS: 5000, PAWL_ADMIN_KEY: "0123456789abcdef" });
  });

  it("takes an empty or blank value as unset", () => {
    const env = readEnvironment(schema, {
      PAWL_ADMIN_KEY: "0123456789abcdef",
      PORT: "",
      LOCK_DURATION_MS: " ",
    });
    expect(env.PORT).toBe(3000);
    expect(env.LOCK_DURATION_MS).toBe(5000);
  });

  it("reports all faults together, rules between variables included, each with its fix", () => {
    const withModel = requireOneOf(schema, ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"], "is not set; set it");
    const error = faultsOf(() => readEnvironment(withModel, { PORT: "70000", LOCK_DURATION_MS: "5s" }));
    expect(error.faults.map(({ variable }) => variable).sort()).toEqual([
      "ANTHROPIC_API_KEY",
      "LOCK_DURATION_MS",
      "PAWL_ADMIN_KEY",
      "PORT",
    ]);
    expect(error.message).toContain("The environment has 4 faults:\n");
    expect(error.message).toContain("  PORT must be a whole number from 0 to 65535");
    expect(error.message).toMatch(/PAWL_ADMIN_KEY is not set; it must be a secret of at least 16/);
    expect(
      readEnvironment(withModel, { PAWL_ADMIN_KEY: "0123456789abcdef", ANTHROPIC_API_KEY: "k" }),
    ).toBeDefined();
  });

  it("does not call a wrong variable unset", () => {
    const withModel = requireOneOf(schema, ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"], "is not set; set it");
    const env = { PAWL_ADMIN_KEY: "0123456789abcdef", ANTHROPIC_BASE_URL: "localhost" };
    const error = faultsOf(() => readEnvironment(withModel, env));
    expect(error.faults.map(({ variable }) => variable)).toEqual(["ANTHROPIC_BASE_URL"]);
  });

  it("prints the advice of every variable unharmed", () => {
    const names = Object.entries(pieces).map(([name, piece]) => [name.toUpperCase(), piece]);
    const error = faultsOf(() => readEnvironment(z.object(Object.fromEntries(names)), {}));
    expect(error.faults).toHaveLength(names.length);
    expect(error.message).not.toContain("[redacted]");
  });

  it("says of a plain schema's missing variable that it is not set", () => {
    expect(faultsOf(() => readEnvironment(z.object({ A: z.string() }), {})).message).toContain(
      "A is not set",
    );
  });

  it("never prints a value, even where a schema's message quotes it", () => {
    const careless = z.object({
      PAWL_ADMIN_KEY: z.string().transform((text, context) => {
        context.issues.push({ code: "custom", message: `${text} is short`, input: text });
        return z.NEVER;
      }),
      REDIS_URL: variables.redisUrl,
    });
    const error = faultsOf(() =>
      readEnvironment(careless, { PAWL_ADMIN_KEY: "hunter2hunter2", REDIS_URL: "redis:/u:swordfish@h" }),
    );
    expect(error.faults).toHaveLength(2);
    expect(JSON.stringify(error.faults) + error.stack).not.toMatch(/hunter2|swordfish/);
  });
});

describe("exitOnEnvironmentError", () => {
  const stopped = new Error("stopped");
  const start = (read: () => unknown) => {
    const seen: unknown[] = [];
    const exit = (code: number): never => {
      seen.push(code);
      throw stopped;
    };
    try {
      exitOnEnvironmentError(read, { stderr: { write: (text) => seen.push(text) }, exit });
    } catch (error) {
      if (error !== stopped) throw error;
    }
    return seen;
  };

  it("prints the faults and exits with 1", () => {
    expect(start(() => readEnvironment(schema, {}))).toEqual([expect.stringContaining("PAWL_ADMIN_KEY"), 1]);
  });

  it("lets other errors pass, and values too", () => {
    expect(() => start(() => JSON.parse("{"))).toThrow(SyntaxError);
    expect(exitOnEnvironmentError(() => 7)).toBe(7);
  });
});

const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

describe("the variables accept", () => {
  const accepted: [name: keyof typeof pieces, text: string, value: unknown][] = [
    ["port", "0", 0],
    ["port", "65535", 65535],
    ["host", "::", "::"],
    ["host", "0.0.0.0", "0.0.0.0"],
    ["positiveMs", "1", 1],
    ["positiveMs", "2147483647", 2147483647],
    ["positiveInteger", "0010", 10],
    ["byteSize", "1048576", 1048576],
    ["byteSize", "10b", 10],
    ["byteSize", "512KiB", 524288],
    ["byteSize", "1mib", 1048576],
    ["byteSize", "1 GiB", 1073741824],
    ["csv", " a.test, 10.0.0.0/8,,[::1]:80 ,", ["a.test", "10.0.0.0/8", "[::1]:80"]],
    ["flag", "1", true],
    ["flag", "false", false],
    ["httpUrl", "http://127.0.0.1:4010", "http://127.0.0.1:4010"],
    ["redisUrl", "redis://localhost", ["redis://localhost"]],
    ["redisUrl", "rediss://u:p%40@h:1/3?family=6", ["rediss://u:p%40@h:1/3?family=6"]],
    ["redisUrl", "redis://[::1]:7000, redis://b:7001/0", ["redis://[::1]:7000", "redis://b:7001/0"]],
    ["redisUrl", "redis://:a,b@h", ["redis://:a,b@h"]],
    ["webhookSecret", secret(24), secret(24)],
    ["webhookSecret", secret(32), secret(32)],
    ["adminKey", "0123456789abcdef", "0123456789abcdef"],
    ["logLevel", "debug", "debug"],
    ["logLevel", "SILENT", "silent"],
    ["logLevel", "verbose", "debug"],
  ];
  it.each(accepted)("%s=%s", (name, text, value) => {
    expect(pieces[name].parse(text.trim())).toEqual(value);
  });
});

describe("the variables refuse", () => {
  const refused: [name: keyof typeof pieces, text: string][] = [
    ...["-1", "65536", "3000.0", "1e3", "0x10", "3000abc", "NaN", "９"].map(
      (text) => ["port", text] as const,
    ),
    ...["0", "2147483648", "5s", "Infinity", "-5"].map((text) => ["positiveMs", text] as const),
    ...["0", "1.5", "99999999999"].map((text) => ["positiveInteger", text] as const),
    ...["0", "2GiB", "1MB", "MiB", "-1KiB"].map((text) => ["byteSize", text] as const),
    ...["http://x", "a b", "a/b"].map((text) => ["host", text] as const),
    ...["2", "ja"].map((text) => ["flag", text] as const),
    ...["ftp://x", "localhost:80", "https://"].map((text) => ["httpUrl", text] as const),
    ["csv", "a b,c"],
    ...["localhost:6379", "http://h", "redis://", "redis://h/x", "redis://:p#w@h", "redis://a,b"].map(
      (text) => ["redisUrl", text] as const,
    ),
    ...["redis://a,redis://b/1", "redis://a,http://b", "redis://a b"].map(
      (text) => ["redisUrl", text] as const,
    ),
    ...[secret(23), secret(24).slice(6), "whsec_", `${secret(24)}!`, secret(32).replace("=", "")].map(
      (text) => ["webhookSecret", text] as const,
    ),
    ...["short", "fifteen-letters", "sixteen  letters", "schlüsselschlüssel"].map(
      (text) => ["adminKey", text] as const,
    ),
    ["logLevel", "loud"],
  ].map(([name, text]) => [name, text] as [keyof typeof pieces, string]);
  it.each(refused)("%s=%s, without repeating it", (name, text) => {
    const result = pieces[name].safeParse(text);
    expect(result.success).toBe(false);
    expect(result.error?.issues).toHaveLength(1);
    if (text.length > 10) expect(result.error?.message).not.toContain(text);
  });
});
