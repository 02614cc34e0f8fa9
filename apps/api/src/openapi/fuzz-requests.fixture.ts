/**
 * Requests drawn from the OpenAPI document: most of them what it allows, some with one thing wrong, some nonsense. A
 * route that is added to the document is fuzzed with no line written for it.
 */
import fc, { type Arbitrary } from "fast-check";
import type { Schema } from "./schema-text.ts";

type JsonSchema = Schema & {
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  exclusiveMinimum?: number;
};
type Parameter = { name: string; in: "path" | "query" | "header"; required?: boolean; schema: JsonSchema };
type Operation = {
  parameters?: Parameter[];
  requestBody?: { content: { "application/json": { schema: JsonSchema } } };
};
export type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
};

export type FuzzedRequest = {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Text as it is sent; undefined: no body. */
  body: string | undefined;
};

/** `known` are ids of things that exist, by the name of the path's first part: without them all would be 404. */
export function requestsOf(
  document: Document,
  known: Record<string, readonly string[]>,
): Arbitrary<FuzzedRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) =>
      requestOf(document, method, path, operation, known[path.split("/")[2] ?? ""] ?? []),
    ),
  );
  return fc.oneof(...operations);
}

function requestOf(
  document: Document,
  method: string,
  path: string,
  { parameters = [], requestBody }: Operation,
  known: readonly string[],
): Arbitrary<FuzzedRequest> {
  const valuesOf = (place: Parameter["in"]) =>
    Object.fromEntries(
      parameters
        .filter((one) => one.in === place)
        .map(({ name, schema, required = false }) => [
          name,
          parameterOf(document, name, schema, required, known),
        ]),
    );
  const schema = requestBody?.content["application/json"].schema;
  return fc
    .record({
      inPath: fc.record(valuesOf("path")),
      inQuery: fc.record(valuesOf("query")),
      strayQuery: often(fc.constant(""), fc.webQueryParameters()),
      inHeader: fc.record(valuesOf("header")),
      strayHeaders: strayHeaders,
      body:
        schema === undefined
          ? often<string | undefined>(fc.constant(undefined), fc.json())
          : bodyOf(document, schema),
    })
    .map(({ inPath, inQuery, strayQuery, inHeader, strayHeaders, body }) => {
      const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodePart(inPath[name] ?? ""));
      const query = new URLSearchParams(definedOf(inQuery)).toString();
      const whole = [query, strayQuery].filter((text) => text !== "").join("&");
      const hasBody = body !== undefined && method !== "get";
      return {
        method: method.toUpperCase(),
        path: whole === "" ? filled : `${filled}?${whole}`,
        headers: { ...definedOf(inHeader), ...strayHeaders },
        body: hasBody ? body : undefined,
      };
    });
}

/** What cannot be in a path at all is left to the tests of bad input. */
function encodePart(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(".", "%2E");
}

function definedOf(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value.toWellFormed()]],
    ),
  );
}

function often<T>(usual: Arbitrary<T>, seldom: Arbitrary<T>): Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: seldom });
}

const headerText = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const few = fc.constantFrom("one", "two", "three");

function parameterOf(
  document: Document,
  name: string,
  schema: JsonSchema,
  required: boolean,
  known: readonly string[],
): Arbitrary<string | undefined> {
  if (name === "Prefer") return fc.option(fc.oneof(fc.constant("wait=0"), headerText), { nil: undefined });
  // Few, so that keys meet again.
  if (name === "Idempotency-Key") return fc.option(fc.oneof(few, headerText), { nil: undefined });
  if (name === "Last-Event-ID")
    return fc.option(fc.oneof(fc.nat().map(String), headerText), { nil: undefined });
  const valid = valueFor(document, schema).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  const exists = known.length > 0 && name === "id" ? fc.constantFrom(...known) : valid;
  const drawn = fc.oneof(
    { weight: 6, arbitrary: exists },
    { weight: 3, arbitrary: valid },
    { weight: 1, arbitrary: fc.string({ minLength: 1, unit: "grapheme" }) },
  );
  return required ? drawn : fc.option(drawn, { nil: undefined });
}

const strayHeaders: Arbitrary<Record<string, string>> = often(
  fc.constant({}),
  fc.record(
    {
      accept: fc.constantFrom("text/event-stream", "text/csv", "text/html", "*/*;q=0", "x"),
      "content-type": fc.constantFrom("text/plain", "application/json; charset=latin1", "application/xml"),
      "x-request-id": headerText,
      authorization: headerText,
    },
    { requiredKeys: [] },
  ),
);

function bodyOf(document: Document, schema: JsonSchema): Arbitrary<string | undefined> {
  const valid = valueFor(document, schema);
  const asJson = (value: unknown) => JSON.stringify(value);
  return fc.oneof(
    { weight: 12, arbitrary: valid.map(asJson) },
    { weight: 4, arbitrary: fc.tuple(valid, fc.string(), fc.jsonValue()).map(withOneWrong).map(asJson) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string() },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** One member replaced where there are some, or added. */
function withOneWrong([value, name, wrong]: [unknown, string, unknown]): unknown {
  if (typeof value !== "object" || value === null) return wrong;
  const names = Object.keys(value);
  const chosen = names[name.length] ?? name;
  return { ...value, [chosen]: wrong };
}

function valueFor(document: Document, schema: JsonSchema): Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return name === "Json" ? fc.jsonValue() : valueFor(document, document.components.schemas[name] ?? {});
  }
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const among = schema.anyOf ?? schema.oneOf;
  if (among !== undefined) return fc.oneof(...among.map((each) => valueFor(document, each)));
  switch (schema.type) {
    case "string":
      return textOf(schema);
    case "integer":
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1e9, 2 ** 31 - 1) });
    case "number":
      return fc
        .double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true })
        .map((value) => Math.round(value * 1e6) / 1e6);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valueFor(document, schema.items ?? {}), {
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case "object":
      return objectOf(document, schema);
    default:
      return fc.jsonValue();
  }
}

function objectOf(document: Document, schema: JsonSchema): Arbitrary<unknown> {
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => [
    name,
    valueFor(document, member),
  ]);
  if (members.length === 0 && typeof schema.additionalProperties === "object") {
    return fc.dictionary(fc.string(), valueFor(document, schema.additionalProperties), { maxKeys: 3 });
  }
  return fc.record<Record<string, unknown>, string>(Object.fromEntries(members), {
    requiredKeys: schema.required ?? [],
  });
}

function textOf({ pattern, format, minLength, maxLength }: JsonSchema): Arbitrary<string> {
  if (format === "date")
    return fc.date(years).map((date) => date.toISOString().slice(0, "2026-11-22".length));
  if (format === "date-time") return fc.date(years).map((date) => date.toISOString());
  if (format === "uri") return fc.oneof(fc.webUrl(), fc.constant("https://hooks.internal/x"));
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.oneof(
    few,
    fc.string({ minLength: minLength ?? 0, maxLength: Math.min(maxLength ?? 40, 40), unit: "grapheme" }),
  );
}

const years = { min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true };
