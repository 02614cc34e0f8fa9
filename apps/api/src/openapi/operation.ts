/**
 * One operation of the document, said briefly: what every route shares (its caller's key, its request id, the problems
 * that any request may meet) is added here, once.
 */
import { Problem, type ProblemCode, problems } from "@pawl/protocol";
import { z } from "zod";
import type { ZodOpenApiOperationObject } from "zod-openapi";

export type Tag = "Tasks" | "Money" | "Webhooks" | "Operations" | "Keys" | "Service";

type Answer = {
  description: string;
  /** By media type; none: without a body. */
  content?: Record<string, z.ZodType>;
  headers?: Record<string, z.ZodType>;
};

type Operation = {
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  path?: z.ZodObject;
  query?: z.ZodObject;
  header?: z.ZodObject;
  body?: z.ZodType;
  /** Whether the body may be left out. */
  isBodyOptional?: boolean;
  answers: Record<string, Answer>;
  /** Beside those that every route has. */
  problems?: readonly ProblemCode[];
  /** Without a key. */
  isOpen?: boolean;
};

const requestId = {
  "x-request-id": z
    .string()
    .meta({ description: "Names this request in logs; the caller's own, if it sent one." }),
};
const retryAfter = { "retry-after": z.string().optional().meta({ description: "Seconds." }) };

export const location = { location: z.string().meta({ description: "Where to look for it." }) };

export function json(
  description: string,
  schema: z.ZodType,
  headers: Record<string, z.ZodType> = {},
): Answer {
  return { description, content: { "application/json": schema }, headers };
}

export function operation(spec: Operation): ZodOpenApiOperationObject {
  const { path, query, header, body, isOpen = false } = spec;
  const codes: ProblemCode[] = [
    "internal_error",
    "unavailable",
    ...(isOpen ? [] : (["invalid_request", "unauthorized"] as const)),
    ...(body === undefined ? [] : (["invalid_json", "body_too_large", "unsupported_media_type"] as const)),
    ...(spec.problems ?? []),
  ];
  return {
    operationId: spec.id,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    ...(isOpen ? { security: [] } : {}),
    requestParams: {
      ...(path === undefined ? {} : { path }),
      ...(query === undefined ? {} : { query }),
      ...(header === undefined ? {} : { header }),
    },
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: spec.isBodyOptional !== true,
            content: { "application/json": { schema: body } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(spec.answers).map(([status, answer]) => [status, answerObject(answer)]),
      ),
      ...problemAnswers(codes),
    },
  };
}

function answerObject({ description, content, headers = {} }: Answer) {
  const entries = Object.entries(content ?? {}).map(([type, schema]) => [type, { schema }]);
  return {
    description,
    headers: z.object({ ...requestId, ...headers }),
    ...(content === undefined ? {} : { content: Object.fromEntries(entries) }),
  };
}

/** One answer for each status, naming the codes that it may have. */
function problemAnswers(codes: readonly ProblemCode[]) {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, those]) => [
        String(status),
        {
          description: those.map((code) => `\`${code}\`: ${problems[code].title}.`).join(" "),
          headers: z.object({ ...requestId, ...([409, 429, 503].includes(status) ? retryAfter : {}) }),
          content: { "application/problem+json": { schema: Problem } },
        },
      ]),
  );
}
