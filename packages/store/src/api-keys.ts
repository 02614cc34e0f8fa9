/**
 * API keys and the tenants they belong to. A key is 256 random bits, shown once; Redis keeps its SHA-256 only
 * (no slow hash: there is nothing to guess). The tenant's signing secret must be readable, to sign with.
 */
import { createHash, randomBytes } from "node:crypto";
import { Scope } from "@pawl/protocol";
import { z } from "zod";
import { globalKeys } from "./keys.ts";
import type { Store } from "./store.ts";

const ApiKeyRecord = z.object({
  tenant: z.string(),
  scopes: z.array(Scope),
  name: z.string().nullable(),
  created_at: z.string(),
});
export type ApiKeyRecord = z.infer<typeof ApiKeyRecord>;

/** `lastUsedAtMs` is null where it never was. */
export type ListedApiKey = ApiKeyRecord & { id: string; lastUsedAtMs: number | null };

export function hashApiKey(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex");
}

const ID_HEX_CHARS = 24;

/** A part of the digest: it tells keys apart and helps nobody to one. */
function idOf(digest: string): string {
  return `key_${digest.slice(0, ID_HEX_CHARS)}`;
}

/** Makes a key; where the tenant is new it gets a signing secret, else `webhookSecret` is null. */
export async function createApiKey(
  store: Store,
  request: { tenant: string; scopes: Scope[]; name: string | null; nowMs: number },
): Promise<{ id: string; apiKey: string; webhookSecret: string | null }> {
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
  const digest = hashApiKey(apiKey);
  await store.redis.hset(globalKeys.apiKeys, digest, JSON.stringify(record));
  return { id: idOf(digest), apiKey, webhookSecret: isNew === 1 ? offered : null };
}

export async function findApiKey(store: Store, apiKey: string): Promise<ApiKeyRecord | undefined> {
  return findApiKeyByHash(store, hashApiKey(apiKey));
}

/** `hash` as `hashApiKey` makes it. */
export async function findApiKeyByHash(store: Store, hash: string): Promise<ApiKeyRecord | undefined> {
  const found = await store.redis.hget(globalKeys.apiKeys, hash);
  return found === null ? undefined : ApiKeyRecord.parse(JSON.parse(found));
}

/** `hash` as `hashApiKey` makes it. */
export async function noteApiKeyUsed(store: Store, hash: string, nowMs: number): Promise<void> {
  await store.redis.hset(globalKeys.apiKeysUsed, hash, nowMs);
}

/** The newest first; `tenant` undefined: of all tenants. */
export async function listApiKeys(
  store: Store,
  { tenant, limit, cursor }: { tenant: string | undefined; limit: number; cursor: string | null },
): Promise<{ keys: ListedApiKey[]; nextCursor: string | null }> {
  const placeOf = (key: ListedApiKey) => `${key.created_at} ${key.id}`;
  const all = (await readApiKeys(store))
    .filter((key) => tenant === undefined || key.tenant === tenant)
    .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
    .filter((key) => cursor === null || placeOf(key) < cursor);
  const keys = all.slice(0, limit);
  const last = all.length > limit ? keys.at(-1) : undefined;
  return { keys, nextCursor: last === undefined ? null : placeOf(last) };
}

/**
 * Takes a key away; `tenant` undefined: whoever's it is. What is not there, or another tenant's, is false. An api
 * that has just let it in goes on to do so for some seconds.
 */
export async function deleteApiKey(
  store: Store,
  { id, tenant }: { id: string; tenant: string | undefined },
): Promise<boolean> {
  const all = Object.entries(await store.redis.hgetall(globalKeys.apiKeys));
  const [digest, text = ""] = all.find(([each]) => idOf(each) === id) ?? [];
  if (digest === undefined) return false;
  if (tenant !== undefined && ApiKeyRecord.parse(JSON.parse(text)).tenant !== tenant) return false;
  const removed = await store.redis.hdel(globalKeys.apiKeys, digest);
  await store.redis.hdel(globalKeys.apiKeysUsed, digest);
  return removed === 1;
}

async function readApiKeys(store: Store): Promise<ListedApiKey[]> {
  const [kept, used] = await Promise.all([
    store.redis.hgetall(globalKeys.apiKeys),
    store.redis.hgetall(globalKeys.apiKeysUsed),
  ]);
  return Object.entries(kept).map(([digest, text]) => {
    const at = used[digest];
    const record = ApiKeyRecord.parse(JSON.parse(text));
    return { ...record, id: idOf(digest), lastUsedAtMs: at === undefined ? null : Number(at) };
  });
}

/** The secret that the tenant's webhooks are signed with. */
export async function webhookSecret(store: Store, tenant: string): Promise<string | undefined> {
  return (await store.redis.hget(globalKeys.tenant(tenant), "webhook_secret")) ?? undefined;
}
