/**
 * API keys and the tenants they belong to. A key is 256 random bits, shown once; Redis keeps its SHA-256 only
 * (no slow hash: there is nothing to guess). The tenant's signing secret must be readable, to sign with.
 */
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { globalKeys } from "./keys.ts";
import type { Store } from "./store.ts";

export const Scope = z.enum(["tasks", "admin"]);
export type Scope = z.infer<typeof Scope>;

const ApiKeyRecord = z.object({
  tenant: z.string(),
  scopes: z.array(Scope),
  name: z.string().nullable(),
  created_at: z.string(),
});
export type ApiKeyRecord = z.infer<typeof ApiKeyRecord>;

export function hashApiKey(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex");
}

/** Makes a key; where the tenant is new it gets a signing secret, else `webhookSecret` is null. */
export async function createApiKey(
  store: Store,
  request: { tenant: string; scopes: Scope[]; name: string | null; nowMs: number },
): Promise<{ apiKey: string; webhookSecret: string | null }> {
  const apiKey = `pawl_${randomBytes(32).toString("base64url")}`;
  const record: ApiKeyRecord = {
    tenant: request.tenant,
    scopes: request.scopes,
    name: request.name,
    created_at: new Date(request.nowMs).toISOString(),
  };
  const offered = `whsec_${randomBytes(32).toString("base64")}`;
  const isNew = await store.redis.hsetnx(globalKeys.tenant(request.tenant), "webhook_secret", offered);
  await store.redis.sadd(globalKeys.tenants, request.tenant);
  await store.redis.hset(globalKeys.apiKeys, hashApiKey(apiKey), JSON.stringify(record));
  return { apiKey, webhookSecret: isNew === 1 ? offered : null };
}

export async function findApiKey(store: Store, apiKey: string): Promise<ApiKeyRecord | undefined> {
  const found = await store.redis.hget(globalKeys.apiKeys, hashApiKey(apiKey));
  return found === null ? undefined : ApiKeyRecord.parse(JSON.parse(found));
}

/** The secret that the tenant's webhooks are signed with. */
export async function webhookSecret(store: Store, tenant: string): Promise<string | undefined> {
  return (await store.redis.hget(globalKeys.tenant(tenant), "webhook_secret")) ?? undefined;
}
