// Arithmetic for the model. An expression is parsed, its tree is compared with a list of what arithmetic needs,
// and only then computed, so nothing can be named, indexed, assigned, imported or built: every value is one
// number and every step takes constant time. 500 characters then bound the work.

import type { MathNode } from "mathjs";
import { z } from "zod";
import { defineTool } from "../define-tool.ts";
import { ToolError } from "../tool-error.ts";

const MAX_EXPRESSION_CHARS = 500;
/** The parser descends some twenty calls for each bracket; a few hundred would exhaust the stack. */
const MAX_BRACKET_DEPTH = 50;
/** Doubles carry 15 digits surely; the 16th and 17th are the noise of 0.1 + 0.2. */
const PRECISION_DIGITS = 15;

// No function here loops over its argument's size (combinations, isPrime and their kin do).
const FUNCTIONS = new Set(
  (
    "abs cbrt ceil exp expm1 fix floor gcd hypot lcm log log10 log1p log2 mod nthRoot pow round sign sqrt square cube " +
    "factorial max mean median min sum prod std variance add subtract multiply divide unaryMinus " +
    "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh"
  ).split(" "),
);
const CONSTANTS = new Set(["pi", "PI", "e", "E", "tau", "phi"]);
const OPERATORS = new Set(
  (
    "add subtract multiply divide mod pow unaryMinus unaryPlus factorial " +
    "larger largerEq smaller smallerEq equal unequal and or not xor"
  ).split(" "),
);

export const calculator = defineTool({
  name: "calculator",
  description:
    "Computes an arithmetic expression exactly as written, for example `(1299.99 * 3 + 49) * 1.19`, `sqrt(2)^3`, " +
    "`mean(4, 8, 15)` or `100 + 10%`. Use it for every calculation instead of working it out yourself. " +
    "Knows + - * / % ^ ! comparisons, pi, e, roots, logarithms, trigonometry (radians), rounding, " +
    "min, max, sum, mean, median, std. Numbers only: no variables, lists or units.",
  input: z.strictObject({
    expression: z
      .string()
      .min(1)
      .max(MAX_EXPRESSION_CHARS)
      .describe("The expression, at most 500 characters."),
  }),
  effect: "read",
  run: async ({ expression }) => compute(expression),
});

async function compute(expression: string): Promise<string> {
  if (bracketDepth(expression) > MAX_BRACKET_DEPTH) throw refused("the brackets are nested too deeply");
  const math = await loadMath();
  let value: unknown;
  try {
    const tree = math.parse(expression);
    tree.traverse(assertArithmetic);
    value = tree.compile().evaluate({});
  } catch (error) {
    if (error instanceof ToolError) throw error;
    // mathjs's own messages speak of the expression only ("Unexpected end of expression (char 4)").
    const reason = error instanceof Error ? error.message : "not understood";
    throw new ToolError(`Cannot compute this: ${reason}`, { code: "bad_expression", cause: error });
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number") throw refused("the result is not a number");
  if (Number.isNaN(value)) throw new ToolError("The result is not a real number.", { code: "not_a_number" });
  if (!Number.isFinite(value)) {
    throw new ToolError("The result is infinite or too large (a division by zero?).", { code: "not_finite" });
  }
  return show(value, math.format);
}

function bracketDepth(expression: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of expression) {
    if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function show(value: number, format: ExpressionMath["format"]): string {
  if (Number.isSafeInteger(value)) return String(value);
  const text = format(value, { precision: PRECISION_DIGITS, lowerExp: -9, upperExp: 21 });
  return Number.isInteger(value) ? `${text} (rounded to ${PRECISION_DIGITS} digits)` : text;
}

/** Throws unless the node is one that arithmetic needs. */
function assertArithmetic(node: MathNode): void {
  switch (node.type) {
    case "ParenthesisNode":
    case "ConditionalNode":
    case "RelationalNode":
      return;
    case "ConstantNode":
      if ("value" in node && (typeof node.value === "number" || typeof node.value === "boolean")) return;
      throw refused("only numbers are understood");
    case "OperatorNode":
      if ("fn" in node && typeof node.fn === "string" && OPERATORS.has(node.fn)) return;
      throw refused(`the operator ${"op" in node ? String(node.op) : ""} is not available`);
    case "FunctionNode": {
      // A function's name is a SymbolNode; anything else here is a computed callee such as `(f)(x)` or `a.b(x)`.
      const name = "fn" in node && isNamed(node.fn) ? node.fn.name : "";
      if (FUNCTIONS.has(name)) return;
      throw refused(
        name === "" ? "only plain functions can be called" : `the function ${name} is not available`,
      );
    }
    case "SymbolNode":
      if (isNamed(node) && (CONSTANTS.has(node.name) || FUNCTIONS.has(node.name))) return;
      throw refused(`${isNamed(node) ? node.name : "this name"} is not known`);
    default:
      throw refused("only arithmetic on single numbers is allowed (no variables, lists, ranges or text)");
  }
}

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

function refused(reason: string): ToolError {
  return new ToolError(`Cannot compute this: ${reason}.`, { code: "bad_expression" });
}

type ExpressionMath = {
  readonly parse: (expression: string) => MathNode;
  readonly format: (value: number, options: object) => string;
};

let loading: Promise<ExpressionMath> | undefined;

/** mathjs is large: the number-only build is loaded by the first calculation, not by every process at start. */
function loadMath(): Promise<ExpressionMath> {
  loading ??= import("mathjs/number").then(({ all, create }) => {
    if (all === undefined) throw new Error("mathjs/number exports no functions");
    const math = create(all, {});
    const { parse } = math;
    // Out of reach already (see assertArithmetic); closed as well, should that list ever grow a hole.
    const closed = () => {
      throw refused("this function is not available");
    };
    const names = [
      "import",
      "config",
      "createUnit",
      "evaluate",
      "parse",
      "compile",
      "parser",
      "simplify",
      "derivative",
    ];
    math.import(Object.fromEntries(names.map((name) => [name, closed])), { override: true });
    return {
      parse: (expression) => parse(expression),
      format: (value, options) => math.format(value, options),
    };
  });
  return loading;
}
