/**
 * Holds answers against the OpenAPI document: its status, its media type and every member of its body must be what the
 * document says of that route. A path that the document does not have may answer with a problem only.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { openApiDocument } from "./openapi/document.ts";

const document = JSON.parse(JSON.stringify(openApiDocument()));
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "pawl");

type Route = { pattern: RegExp; pointer: string; item: Record<string, unknown> };
const routes: Route[] = Object.entries<Record<string, unknown>>(document.paths).map(([path, item]) => ({
  pattern: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}/?$`),
  pointer: `#/paths/${escapePointer(path)}`,
  item,
}));
const validators = new Map<string, ValidateFunction>();

function escapePointer(text: string): string {
  return text.replaceAll("~", "~0").replaceAll("/", "~1");
}

function validatorAt(pointer: string): ValidateFunction {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `pawl${pointer}` });
  validators.set(pointer, validate);
  return validate;
}

export type SeenAnswer = { status: number; type: string; text: string };

/** Why the answer is not what the document says; undefined: it is. */
export function whyNotConforming(method: string, path: string, answer: SeenAnswer): string | undefined {
  // As it travels: a client resolves dots.
  const { pathname } = new URL(path, "http://pawl");
  const type = answer.type.split(";")[0]?.trim() ?? "";
  const route = routes.find(({ pattern }) => pattern.test(pathname));
  const verb = method === "HEAD" ? "get" : method.toLowerCase();
  const operation = route?.item[verb];
  if (route === undefined || typeof operation !== "object" || operation === null) {
    // The board, and what is served nowhere.
    if (pathname.startsWith("/admin/") || answer.status < 400) {
      return pathname.startsWith("/v1/") ? "the document does not have this route" : undefined;
    }
    return whyNoBody("#/components/schemas/Problem", answer.text);
  }
  const { responses } = operation as { responses: Record<string, { content?: Record<string, unknown> }> };
  const response = responses[String(answer.status)];
  if (response === undefined) return `the document does not know status ${answer.status} here`;
  if (method === "HEAD" || (answer.text === "" && response.content === undefined)) return undefined;
  const content = response.content?.[type];
  if (content === undefined) return `the document does not know ${type} with status ${answer.status} here`;
  if (!type.endsWith("json")) return undefined;
  const at = `${route.pointer}/${verb}/responses/${answer.status}/content/${escapePointer(type)}/schema`;
  return whyNoBody(at, answer.text);
}

function whyNoBody(pointer: string, text: string): string | undefined {
  const validate = validatorAt(encodeURI(pointer).replaceAll("%23", "#"));
  return validate(JSON.parse(text)) ? undefined : ajv.errorsText(validate.errors);
}
