import { describe, expect, it } from "vitest";
import { calculator } from "./calculator.ts";
import { toolContext } from "./tool-context.fixture.ts";

async function compute(expression: string): Promise<unknown> {
  return calculator.run(calculator.input.parse({ expression }), toolContext());
}

describe("calculator", () => {
  it.each([
    ["2 + 2", "4"],
    ["0.1 + 0.2", "0.3"],
    ["(1299.99 * 3 + 49) * 1.19", "4699.2743"],
    ["100 + 10%", "110"],
    ["7 % 3", "1"],
    ["2^10", "1024"],
    ["-5!", "-120"],
    ["sqrt(2)", "1.4142135623731"],
    ["mean(4, 8, 15)", "9"],
    ["round(2.345, 2)", "2.35"],
    ["log(100, 10)", "2"],
    ["sin(pi / 2)", "1"],
    ["3 > 2 ? 10 : 20", "10"],
    ["1 < 2", "true"],
    ["9007199254740991", "9007199254740991"],
    ["0.000000000001", "1e-12"],
  ])("%s is %s", async (expression, result) => {
    expect(await compute(expression)).toBe(result);
  });

  it("says so when a whole number is too large to be exact", async () => {
    expect(await compute("12345678901 * 98765432109")).toBe("1.21932631133623e+21 (rounded to 15 digits)");
  });

  it.each([
    // what could leave arithmetic
    'import("fs")',
    "import({ add: 1 }, { override: true })",
    'evaluate("1 + 1")',
    'parse("1")',
    'simplify("x + x")',
    'derivative("x^2", "x")',
    'createUnit("foo")',
    'config({ number: "BigNumber" })',
    'cos.constructor("return process")()',
    "pi.constructor",
    '"text".constructor',
    "[].constructor",
    "f(x) = x",
    "x = 1",
    "process",
    "constructor",
    "__proto__",
    "toString",
    "sin",
    "(sin)(1)",
    '"text"',
    "3 inch to cm",
    // what could grow
    "1:1e9",
    "ones(1e5, 1e5)",
    "zeros(100000)",
    "range(1, 1e9)",
    "[1, 2, 3]",
    "{ a: 1 }",
    "combinations(1e9, 5e8)",
    "permutations(1e9)",
    "isPrime(1e15)",
    "random()",
    "1; 2",
    // what has no number
    "1 / 0",
    "171!",
    "1e9!",
    "9^9^9^9",
    "sqrt(-1)",
    "1e400",
    "2 +",
    ")",
    " ",
  ])("refuses %s, for the model to read why", async (expression) => {
    await expect(compute(expression)).rejects.toMatchObject({ name: "ToolError" });
  });

  it("does bounded work for the longest expressions", async () => {
    const nested = (depth: number) => `${"(".repeat(depth)}1${")".repeat(depth)}`;
    expect(await compute(nested(50))).toBe("1");
    await expect(compute(nested(51))).rejects.toThrow("nested too deeply");
    await expect(compute("(".repeat(500))).rejects.toThrow("nested too deeply");
    expect(await compute(`${"-".repeat(498)}1`)).toBe("1");
    await expect(compute(`9${"^9".repeat(240)}`)).rejects.toMatchObject({ name: "ToolError" });
    await expect(compute(`4${"!".repeat(499)}`)).rejects.toMatchObject({ name: "ToolError" });
    expect(calculator.input.safeParse({ expression: "1".repeat(501) }).success).toBe(false);
  });
});
