import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, toolFaults, toolInputSchema, toolResultText } from "./define-tool.ts";
import { ToolError, toolFailure } from "./tool-error.ts";
import { toolContext } from "./tools/tool-context.fixture.ts";

const good = {
  name: "greet",
  description: "Greets somebody.",
  input: z.strictObject({ name: z.string(), loud: z.boolean().default(false) }),
  effect: "read" as const,
  run: ({ name, loud }: { name: string; loud: boolean }) => (loud ? `HELLO ${name}` : `hello ${name}`),
};

describe("defineTool", () => {
  it("makes a tool whose run gets the parsed input", async () => {
    const greet = defineTool(good);
    const input = greet.input.parse({ name: "Ann" });
    expect(await greet.run(input, toolContext())).toBe("hello Ann");
  });

  it("takes what a call costs, down to nothing and to a nano-dollar", () => {
    for (const costUsd of [0, 0.000000001, 0.01, 2.5])
      expect(defineTool({ ...good, costUsd }).costUsd).toBe(costUsd);
    expect(defineTool(good).costUsd).toBeUndefined();
  });

  it("knows the input's type in run", () => {
    const sum = defineTool({
      name: "sum",
      description: "Adds.",
      input: z.object({ a: z.number(), b: z.number() }),
      effect: "read",
      // @ts-expect-error c is no input of this tool
      run: ({ a, b, c }) => a + b + (c ?? 0),
    });
    expect(sum.run({ a: 1, b: 2 }, toolContext())).toBe(3);
  });

  it.each([
    ["a name with a space", { name: "two words" }, "name must be"],
    ["a name that is too long", { name: "x".repeat(65) }, "name must be"],
    ["an empty name", { name: "" }, "name must be"],
    ["a name that is no string", { name: 7 }, "name must be"],
    ["a blank description", { description: "  " }, "description must"],
    ["an unknown effect", { effect: "maybe" }, "effect must be one of read, idempotent, write"],
    ["a run that is no function", { run: "rm -rf" }, "run must be a function"],
    ["no input", { input: undefined }, "input must be a zod object schema"],
    ["an input that is no object", { input: z.string() }, "input must be a zod object schema"],
    [
      "an input that is plain JSON Schema",
      { input: { type: "object" } },
      "input must be a zod object schema",
    ],
    ["an input that JSON cannot express", { input: z.object({ at: z.date() }) }, "JSON Schema"],
    ["a time limit of zero", { timeoutMs: 0 }, "timeoutMs"],
    ["a time limit that is no number", { timeoutMs: Number.NaN }, "timeoutMs"],
    ["an endless time limit", { timeoutMs: Number.POSITIVE_INFINITY }, "timeoutMs"],
    ["a negative cost", { costUsd: -0.01 }, "costUsd must not be negative"],
    ["a cost that is no number", { costUsd: Number.NaN }, "costUsd must be a number of dollars"],
    ["a cost as text", { costUsd: "0.01" }, "costUsd must be a number of dollars"],
    ["a cost of null", { costUsd: null }, "costUsd must be a number of dollars"],
    ["a cost below a nano-dollar", { costUsd: 1e-10 }, "costUsd must be whole nano-dollars"],
    ["a cost beyond any budget", { costUsd: 1e7 }, "costUsd must be at most"],
    ["an empty permission", { permission: "" }, "permission"],
    ["a key nobody knows", { retries: 3 }, 'unknown key "retries"'],
  ])("refuses %s", (_what, change, message) => {
    expect(toolFaults({ ...good, ...change }).join("; ")).toContain(message);
    expect(() => Reflect.apply(defineTool, undefined, [{ ...good, ...change }])).toThrow(message);
  });

  it.each([undefined, null, 7, "tool", []])("refuses %j as a definition", (value) => {
    expect(toolFaults(value)).not.toEqual([]);
    expect(() => Reflect.apply(defineTool, undefined, [value])).toThrow(TypeError);
  });

  it("lists all faults of a definition together, and names the tool", () => {
    const make = () => Reflect.apply(defineTool, undefined, [{ ...good, description: "", effect: "x" }]);
    expect(make).toThrow(/defineTool "greet": description .*; effect /);
  });
});

describe("toolInputSchema", () => {
  it("is what the model may send: defaults optional, unknown members refused", () => {
    expect(toolInputSchema(good)).toEqual({
      type: "object",
      properties: { name: { type: "string" }, loud: { type: "boolean", default: false } },
      required: ["name"],
      additionalProperties: false,
    });
  });
});

describe("toolResultText", () => {
  it("leaves text alone and writes anything else as JSON", () => {
    expect(toolResultText("as is")).toBe("as is");
    expect(toolResultText({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(toolResultText(false)).toBe("false");
    expect(Reflect.apply(toolResultText, undefined, [undefined])).toBe("null");
  });
});

describe("toolFailure", () => {
  it("tells the model what a tool said on purpose", () => {
    const failure = toolFailure(new ToolError("No such order.", { code: "not_found" }));
    expect(failure).toEqual({ code: "not_found", message: "No such order." });
    expect(toolFailure(new ToolError("x")).code).toBe("tool_error");
  });

  it("tells it nothing of what a tool let slip", () => {
    for (const slip of [
      new Error("connect ECONNREFUSED postgres://root:hunter2@db"),
      "hunter2",
      undefined,
      null,
    ]) {
      expect(toolFailure(slip).message).not.toContain("hunter2");
      expect(toolFailure(slip).code).toBe("internal_error");
    }
  });
});
