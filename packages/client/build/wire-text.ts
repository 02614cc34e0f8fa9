/**
 * The client's types, written from the protocol's schemas: the package that is published then needs neither the protocol
 * nor zod. `npm run generate -w @pawl/client` writes src/wire.ts anew; a test fails where it is not up to date.
 */
import "@pawl/protocol";
import { z } from "zod";

type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  description?: string;
};

/** What a caller writes; everything else is what he reads. A default makes a member optional to the writer alone. */
const written = new Set([
  "ApiKeyRequest",
  "BudgetLimitRequest",
  "GuardCheckRequest",
  "ResumeRequest",
  "TaskDocument",
  "TaskRequest",
]);

const HEAD = `/**
 * What travels between a client and Pawl. Written from the protocol's schemas by \`npm run generate -w @pawl/client\`:
 * do not edit.
 */
`;

export function wireText(): string {
  const read = schemasFor("output");
  const write = schemasFor("input");
  const names = Object.keys(read).sort();
  const types = names.map((name) => {
    const schema = (written.has(name) ? write : read)[name] ?? {};
    return `${comment(schema.description, "")}export type ${name} = ${typeText(schema, "")};\n`;
  });
  return `${HEAD}\n${types.join("\n")}`;
}

/** Every schema of the protocol that has a name. */
function schemasFor(io: "input" | "output"): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { io, uri: (id) => id, unrepresentable: "any" });
  return schemas as Record<string, JsonSchema>;
}

function typeText(schema: JsonSchema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "unknown";
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const among = schema.anyOf ?? schema.oneOf;
  if (among !== undefined) return [...new Set(among.map((each) => typeText(each, indent)))].join(" | ");
  if (Array.isArray(schema.type))
    return schema.type.map((type) => typeText({ ...schema, type }, indent)).join(" | ");
  switch (schema.type) {
    case "string":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array": {
      const item = typeText(schema.items ?? {}, indent);
      return item.includes("|") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      return objectText(schema, indent);
    default:
      return "unknown";
  }
}

function objectText(schema: JsonSchema, indent: string): string {
  const members = Object.entries(schema.properties ?? {});
  if (members.length === 0 && typeof schema.additionalProperties === "object") {
    return `{ [name: string]: ${typeText(schema.additionalProperties, indent)} }`;
  }
  const inner = `${indent}  `;
  const lines = members.map(([name, member]) => {
    const isRequired = schema.required?.includes(name) ?? false;
    const type = typeText(member, inner);
    return `${comment(member.description, inner)}${inner}${name}${isRequired ? "" : "?"}: ${type}${isRequired ? "" : " | undefined"};\n`;
  });
  return lines.length === 0 ? "Record<string, never>" : `{\n${lines.join("")}${indent}}`;
}

function comment(text: string | undefined, indent: string): string {
  return text === undefined ? "" : `${indent}/** ${text} */\n`;
}
