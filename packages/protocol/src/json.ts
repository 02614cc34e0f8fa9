/** Any JSON value, under a name: documents and generated types refer to it rather than unfold it. */
import { z } from "zod";

type JsonValue = z.core.util.JSONType;

export const Json: z.ZodType<JsonValue, JsonValue> = z
  .lazy(() =>
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(Json), z.record(z.string(), Json)]),
  )
  .meta({ id: "Json", description: "Any JSON value." });
export type Json = JsonValue;
