// As much of JSON Schema as tools use: what a property wants, whether a value fits, and a value that does where the
// task has none to give.

import { isObject, type JsonObject } from "../json.ts";

const MAX_DEPTH = 6;
/** Patterns come with the request; on short candidates even a bad one ends soon. */
const MAX_PATTERN_CHARS = 64;

/** Follows `$ref` and takes the first alternative that is not null, so that `type` can be read. */
export function resolveSchema(schema: unknown, root: JsonObject, depth = 0): JsonObject {
  if (!isObject(schema) || depth > MAX_DEPTH) return {};
  if (typeof schema.$ref === "string") {
    const target = schema.$ref
      .replace(/^#\/?/, "")
      .split("/")
      .filter(Boolean)
      .reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), root);
    return resolveSchema(target, root, depth + 1);
  }
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const options = schema[key];
    if (!Array.isArray(options)) continue;
    const option = options.find((candidate) => !(isObject(candidate) && candidate.type === "null"));
    return { ...schema, ...resolveSchema(option, root, depth + 1) };
  }
  return schema;
}

export function typeOf(schema: JsonObject): string {
  const { type } = schema;
  if (typeof type === "string") return type;
  const first = Array.isArray(type) ? type.find((candidate) => candidate !== "null") : undefined;
  if (typeof first === "string") return first;
  if (isObject(schema.properties)) return "object";
  const example = Array.isArray(schema.enum) ? schema.enum[0] : schema.const;
  return typeof example === "number" || typeof example === "boolean" ? typeof example : "string";
}

/** The candidate as the schema wants it (text cut, numbers read and held between the bounds), or undefined. */
export function conform(candidate: unknown, schema: JsonObject): unknown {
  if (candidate === undefined) return undefined;
  if (Array.isArray(schema.enum)) return schema.enum.includes(candidate) ? candidate : undefined;
  if ("const" in schema) return candidate === schema.const ? candidate : undefined;
  switch (typeOf(schema)) {
    case "string": {
      if (typeof candidate !== "string" && typeof candidate !== "number") return undefined;
      const { minLength, maxLength, pattern, format } = schema;
      let text = String(candidate);
      if (typeof maxLength === "number") text = text.slice(0, maxLength);
      if (typeof minLength === "number" && text.length < minLength) return undefined;
      if (!fitsFormat(text, format)) return undefined;
      // A date has its own check; a long text is trusted, since a pattern on one rules out single characters.
      if (typeof pattern === "string" && text.length <= MAX_PATTERN_CHARS && !fitsPattern(text, pattern))
        return undefined;
      return text;
    }
    case "integer":
    case "number": {
      const value = typeof candidate === "number" ? candidate : Number(String(candidate).replaceAll(",", ""));
      if (!Number.isFinite(value)) return undefined;
      const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
      if (typeof minimum === "number" && value < minimum) return minimum;
      if (typeof maximum === "number" && value > maximum) return maximum;
      if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) return undefined;
      if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum) return undefined;
      return typeOf(schema) === "integer" ? Math.trunc(value) : value;
    }
    case "boolean":
      return typeof candidate === "boolean" ? candidate : undefined;
    default:
      return undefined;
  }
}

/** Some value that fits: default, example, first of an enum, or the least of its type; `seed` where text is wanted. */
export function fallbackValue(schema: JsonObject, root: JsonObject, seed: string, depth = 0): unknown {
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  switch (typeOf(schema)) {
    case "integer":
    case "number": {
      const { minimum, exclusiveMinimum, maximum } = schema;
      if (typeof minimum === "number") return minimum;
      if (typeof exclusiveMinimum === "number") return exclusiveMinimum + 1;
      return typeof maximum === "number" ? Math.min(1, maximum) : 1;
    }
    case "boolean":
      return false;
    case "null":
      return null;
    case "array": {
      const count = typeof schema.minItems === "number" ? Math.min(schema.minItems, 20) : 0;
      const items = resolveSchema(schema.items, root);
      return Array.from({ length: count }, () =>
        depth > MAX_DEPTH ? null : fallbackValue(items, root, seed, depth + 1),
      );
    }
    case "object": {
      const properties = isObject(schema.properties) ? schema.properties : {};
      const required = Array.isArray(schema.required) ? schema.required : [];
      const entries = required.flatMap((name): [string, unknown][] =>
        typeof name === "string" && depth <= MAX_DEPTH
          ? [[name, fallbackValue(resolveSchema(properties[name], root), root, seed, depth + 1)]]
          : [],
      );
      return Object.fromEntries(entries);
    }
    default:
      return fallbackText(schema, seed);
  }
}

const FORMAT_SAMPLES: Readonly<Record<string, string>> = {
  email: "customer@example.com",
  uri: "https://example.com/",
  url: "https://example.com/",
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "00:00:00Z",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function fallbackText(schema: JsonObject, seed: string): string {
  const { format, maxLength, minLength } = schema;
  const samples = [
    ...(typeof format === "string" ? [FORMAT_SAMPLES[format]] : []),
    seed,
    ...Object.values(FORMAT_SAMPLES),
    "A-1",
    "1",
    "a",
  ];
  const fitting = samples.find((sample) => sample !== undefined && conform(sample, schema) !== undefined);
  if (fitting !== undefined) return String(conform(fitting, schema));
  const padded = seed.padEnd(typeof minLength === "number" ? Math.min(minLength, 10_000) : 1, ".");
  return typeof maxLength === "number" ? padded.slice(0, maxLength) : padded;
}

function fitsFormat(text: string, format: unknown): boolean {
  switch (format) {
    case "email":
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
    case "uri":
    case "url":
      return URL.canParse(text);
    case "date":
      return /^\d{4}-\d{2}-\d{2}$/.test(text);
    case "date-time":
      return /^\d{4}-\d{2}-\d{2}T/.test(text);
    case "uuid":
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
    default:
      return true;
  }
}

function fitsPattern(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}
