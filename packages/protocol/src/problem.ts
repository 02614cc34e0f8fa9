/** The body of every answer that is not what was asked for, after RFC 9457: clients decide by `code`. */
import { z } from "zod";
import { type ProblemCode, problems } from "./errors.ts";

const codes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];

export const Problem = z
  .strictObject({
    type: z.string().meta({ description: "A name of the problem, relative to this API." }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: "What is wrong with this very request, for people." }),
    code: z.enum(codes).meta({ description: "Stable: programs decide by it." }),
    errors: z
      .array(
        z.strictObject({
          pointer: z.string().meta({ description: "JSON pointer into the body, or into the query." }),
          message: z.string(),
        }),
      )
      .optional()
      .meta({ description: "Every fault that was found in the request, 50 at most." }),
    request_id: z.string().meta({ description: "The answer's `x-request-id`." }),
  })
  .meta({
    id: "Problem",
    description: "What went wrong (RFC 9457).",
    example: {
      type: "/problems/invalid_request",
      title: "The request is not valid",
      status: 400,
      detail: "/input is required.",
      code: "invalid_request",
      errors: [{ pointer: "/input", message: "is required" }],
      request_id: "req_01m822fd12bzdmjrnmjgya6dxh",
    },
  });
export type Problem = z.infer<typeof Problem>;
