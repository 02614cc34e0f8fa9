/** A JSON schema in few words, as HTML: names of other schemas are links, everything else is text. */

export type Schema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  description?: string;
  example?: unknown;
  minimum?: number;
  maximum?: number;
  default?: unknown;
};

export type SchemaRow = { name: string; isRequired: boolean; type: string; description: string };

/** The members of an object, those of objects within by their path. */
export function schemaRows(schema: Schema, prefix = ""): SchemaRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const row = {
      name: `${prefix}${name}`,
      isRequired: schema.required?.includes(name) ?? false,
      type: typeText(member),
      description: member.description ?? "",
    };
    const inner = [member, ...(member.anyOf ?? []), ...(member.items ? [member.items] : [])];
    return [row, ...inner.flatMap((each) => schemaRows(each, `${prefix}${name}.`))];
  });
}

export function typeText(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return `<a href="#schema-${name}">${name}</a>`;
  }
  const among = schema.anyOf ?? schema.oneOf;
  if (among !== undefined) return among.map(typeText).join(" or ");
  if (schema.enum !== undefined) return schema.enum.map(codeText).join(", ");
  if (schema.const !== undefined) return codeText(schema.const);
  if (schema.type === "array") return `list of ${typeText(schema.items ?? {})}`;
  const range = [
    schema.minimum === undefined ? "" : `from ${schema.minimum}`,
    schema.maximum === undefined ? "" : `to ${schema.maximum}`,
  ].join(" ");
  const usual = schema.default === undefined ? "" : `, default ${codeText(schema.default)}`;
  const type = [schema.type ?? "any"].flat().join(" or ");
  return (
    `${type}${schema.format === undefined ? "" : ` (${escapeText(schema.format)})`} ${range.trim()}`.trim() +
    usual
  );
}

function codeText(value: unknown): string {
  return `<code>${escapeText(typeof value === "string" ? value : JSON.stringify(value))}</code>`;
}

export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
