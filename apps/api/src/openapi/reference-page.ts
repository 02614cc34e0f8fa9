/**
 * The document as one page to read: no script, no image, nothing from elsewhere. It is built from the document alone, so
 * that what is shown is what is served; its own style is let through by digest.
 */
import { createHash } from "node:crypto";
import { problems } from "@pawl/protocol";
import type { OpenApiDocument } from "./document.ts";
import { escapeText, type Schema, schemaRows, typeText } from "./schema-text.ts";

const STYLE = `
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 18%,transparent);--soft:color-mix(in srgb,currentColor 65%,transparent);--fill:color-mix(in srgb,currentColor 5%,transparent)}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem;border-right:1px solid var(--line);font-size:.875rem}
nav h2{font-size:.75rem;text-transform:uppercase;letter-spacing:.05em;color:var(--soft);margin:1.25rem 0 .25rem}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:block;padding:.15rem 0;color:inherit;text-decoration:none}
a:hover{text-decoration:underline}
main{padding:1.5rem 2.5rem 6rem;max-width:60rem}
section{border-top:1px solid var(--line);padding:1.5rem 0;scroll-margin-top:1rem}
h1,h2,h3,h4{line-height:1.25}h3{margin:0 0 .25rem}h4{margin:1.25rem 0 .25rem;font-size:.875rem}
code,pre{font:.875em/1.5 ui-monospace,monospace}
pre{background:var(--fill);border:1px solid var(--line);border-radius:.375rem;padding:.75rem;overflow:auto}
.method{font-weight:700;margin-right:.5rem}
.soft{color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-top:1px solid var(--line)}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}}
`;

export const REFERENCE_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** In place of a path: what Pawl sends rather than serves. */
const OUTWARD = "your webhook_url";

type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema };
type Content = Record<string, { schema?: Schema }>;
type Operation = {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
};
type Named = Operation & { method: string; path: string };

export function referencePage(made: OpenApiDocument): string {
  // As it travels: plain JSON.
  const document = JSON.parse(JSON.stringify(made));
  const operations: Named[] = [
    ...Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, each]) => ({ ...each, method: method.toUpperCase(), path })),
    ),
    ...Object.values<Record<string, Operation>>(document.webhooks ?? {}).flatMap((item) =>
      Object.entries(item).map(([method, each]) => ({
        ...each,
        method: method.toUpperCase(),
        path: OUTWARD,
      })),
    ),
  ];
  const schemas = Object.entries<Schema>(document.components.schemas);
  const tags: { name: string; description: string }[] = document.tags;
  const of = (tag: string) => operations.filter((each) => each.tags.includes(tag));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pawl API reference</title><style>${STYLE}</style></head><body>
<nav aria-label="Contents"><strong>Pawl API</strong>
${tags.map(({ name }) => `<h2>${escapeText(name)}</h2><ul>${of(name).map(entry).join("")}</ul>`).join("")}
<h2>More</h2><ul><li><a href="#problems">Problems</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
<main><h1>Pawl API reference</h1><p>${inline(document.info.description)}</p>
<p class="soft">OpenAPI ${escapeText(document.openapi)}: <a href="/openapi.json">/openapi.json</a></p>
${tags
  .map(
    ({ name, description }) =>
      `<h2>${escapeText(name)}</h2><p>${inline(description)}</p>${of(name)
        .map((each) => operationPart(each, document.components.schemas))
        .join("")}`,
  )
  .join("")}
<section id="problems"><h2>Problems</h2><p>Every error is <code>application/problem+json</code>; programs decide by <code>code</code>.</p>
${table(
  ["code", "status", "means"],
  Object.entries(problems).map(([code, { status, title }]) => [
    `<code>${code}</code>`,
    String(status),
    escapeText(title),
  ]),
)}</section>
<h2 id="schemas">Schemas</h2>${schemas.map(schemaPart).join("")}</main></body></html>`;
}

function entry({ operationId, summary }: Named): string {
  return `<li><a href="#${operationId}">${inline(summary)}</a></li>`;
}

function operationPart(each: Named, schemas: Record<string, Schema>): string {
  const { operationId, method, path, summary, description, parameters = [], requestBody, responses } = each;
  const body = requestBody?.content["application/json"]?.schema;
  return `<section id="${operationId}"><h3>${inline(summary)}</h3>
<p><span class="method">${method}</span><code>${escapeText(path)}</code></p>${description === undefined ? "" : `<p>${inline(description)}</p>`}
${
  parameters.length === 0
    ? ""
    : `<h4>Parameters</h4>${table(
        ["name", "in", "type", ""],
        parameters.map((one) => [
          `<code>${escapeText(one.name)}</code>${one.required ? " (required)" : ""}`,
          one.in,
          typeText(one.schema ?? {}),
          inline(one.description ?? one.schema?.description ?? ""),
        ]),
      )}`
}
${body === undefined ? "" : `<h4>Body${requestBody?.required ? "" : " (may be left out)"}</h4><p>${typeText(body)}</p>`}
${each.path.startsWith("/") ? `<pre>${escapeText(curlText(each, exampleOf(body, schemas)))}</pre>` : ""}
<h4>Answers</h4>${table(
    ["status", "body", ""],
    Object.entries(responses)
      .filter(([status]) => Number(status) < 400 || each.path === OUTWARD)
      .map(([status, { description, content = {} }]) => [
        status,
        Object.entries(content)
          .map(
            ([type, { schema }]) => `${typeText(schema ?? {})} <span class="soft">${escapeText(type)}</span>`,
          )
          .join("<br>"),
        inline(description),
      ]),
  )}${problemsPart(each)}</section>`;
}

/** The codes alone: what they mean stands once, at the end. */
function problemsPart({ responses, path }: Named): string {
  if (path === OUTWARD) return "";
  const lines = Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .map(([status, { description }]) => {
      const codes = [...description.matchAll(/`(\w+)`/g)].map(([, code = ""]) => `<code>${code}</code>`);
      return `${status} ${codes.join(", ")}`;
    });
  return `<p class="soft"><a href="#problems">Problems</a>: ${lines.join(" · ")}</p>`;
}

function exampleOf(schema: Schema | undefined, schemas: Record<string, Schema>): unknown {
  const name = schema?.$ref?.split("/").at(-1);
  return (name === undefined ? schema : schemas[name])?.example;
}

function curlText({ method, path, parameters = [] }: Named, example: unknown): string {
  const query = parameters
    .filter((one) => one.in === "query" && one.required)
    .map(({ name }) => `${name}={${name}}`);
  const address = `"$PAWL${path}${query.length === 0 ? "" : `?${query.join("&")}`}"`;
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${address}`];
  if (path.startsWith("/v1/")) lines.push('-H "Authorization: Bearer $PAWL_KEY"');
  if (example !== undefined) {
    lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(example, null, 2)}'`);
  }
  return lines.join(" \\\n  ");
}

function schemaPart([name, schema]: [string, Schema]): string {
  const rows = schemaRows(schema);
  return `<section id="schema-${escapeText(name)}"><h3>${escapeText(name)}</h3>
${schema.description === undefined ? "" : `<p>${inline(schema.description)}</p>`}
${
  rows.length === 0
    ? `<p>${typeText(schema)}</p>`
    : table(
        ["member", "type", ""],
        rows.map(({ name, isRequired, type, description }) => [
          `<code>${escapeText(name)}</code>${isRequired ? "" : ' <span class="soft">optional</span>'}`,
          type,
          inline(description),
        ]),
      )
}
${schema.example === undefined ? "" : `<h4>Example</h4><pre>${escapeText(JSON.stringify(schema.example, null, 2))}</pre>`}</section>`;
}

function table(heads: string[], rows: string[][]): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Text with `code` in it. */
function inline(text: string): string {
  return escapeText(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
