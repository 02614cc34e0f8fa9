/** API keys as they are asked for, shown once, and listed ever after without their secret. */
import { z } from "zod";
import { Label } from "./task-request.ts";

/** tasks: everything of the tenant's tasks and money. admin: its keys; of tenant `default`: the whole Pawl. */
export const Scope = z.enum(["tasks", "admin"]);
export type Scope = z.infer<typeof Scope>;

/** A tenant's name becomes part of Redis keys and of hash tags: it holds nothing that could mean something there. */
export const TenantName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: "must be 1 to 63 lower-case letters, digits, - and _, and start with a letter or digit",
});

/** Names a key without giving it away. */
export const ApiKeyId = z.string().regex(/^key_[0-9a-f]{24}$/);

/** The body of `POST /v1/api-keys`. */
export const ApiKeyRequest = z
  .strictObject({
    tenant: TenantName,
    scopes: z.array(Scope).min(1).max(10).optional().meta({ description: 'Default: `["tasks"]`.' }),
    name: Label.nullable().optional(),
  })
  .meta({ id: "ApiKeyRequest", example: { tenant: "acme", name: "production" } });
export type ApiKeyRequest = z.infer<typeof ApiKeyRequest>;

const described = {
  id: ApiKeyId,
  tenant: z.string(),
  scopes: z.array(Scope),
  name: z.string().nullable(),
};

/** The one answer that has the key itself. */
export const NewApiKey = z
  .strictObject({
    key: z.string().meta({ description: "Shown this once." }),
    webhook_secret: z
      .string()
      .optional()
      .meta({ description: "Signs the tenant's webhooks; there when the tenant is new, shown this once." }),
    ...described,
  })
  .meta({
    id: "NewApiKey",
    example: {
      key: "pawl_shown-this-once",
      webhook_secret: "whsec_shown-this-once",
      id: "key_3f1c2a9b8d7e6f5041322314",
      tenant: "acme",
      scopes: ["tasks"],
      name: "production",
    },
  });
export type NewApiKey = z.infer<typeof NewApiKey>;

export const ApiKeyView = z
  .strictObject({
    ...described,
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().meta({ description: "Within some seconds; null: never." }),
  })
  .meta({
    id: "ApiKey",
    description: "An API key, without the key.",
    example: {
      id: "key_3f1c2a9b8d7e6f5041322314",
      tenant: "acme",
      scopes: ["tasks"],
      name: "production",
      created_at: "2026-11-22T10:00:00.000Z",
      last_used_at: null,
    },
  });
export type ApiKeyView = z.infer<typeof ApiKeyView>;

/** Whose key a request was made with. */
export const Me = z
  .strictObject({
    tenant: z.string(),
    scopes: z.array(Scope),
    is_operator: z.boolean().meta({ description: "Whether the key is an admin's of tenant `default`." }),
  })
  .meta({ id: "Me", example: { tenant: "acme", scopes: ["tasks"], is_operator: false } });
export type Me = z.infer<typeof Me>;
