/**
 * Every key of Pawl, named once for both languages: scripts get the same table (scripts.ts puts it before
 * their text). All keys of a tenant share the hash tag `{tenant}`: the tenant is the unit of atomicity and of
 * sharding, and no name composed here can reach another tenant's data.
 */

/** kind → prefix after `pawl:{tenant}:`. */
export const names = {
  head: "head:", // HASH   a task's status, epoch, leg, last command
  journal: "journal:", // LIST   a task's events, stamped; the index is seq - 1
  account: "account:", // STRING what one user, session, feature or the tenant spent and holds, and its limits
  line: "line:", // LIST   who waits for an account's money; the rest of the name is the account's
  usageFeed: "usage-feed", // LIST   what each ended call cost, not yet in the reports
  usageRolled: "usage-rolled", // STRING how many lines of the feed have gone over into the reports
  usage: "usage:", // HASH   a day's report: what was spent by user, feature, agent and model or tool
  archive: "archive:", // STRING a finished task's journal, compressed, in place of the list
  taskDeliveries: "task-deliveries:", // LIST   ids of a task's webhook deliveries
  due: "due", // ZSET   live tasks by their next alarm, ms
  owed: "owed", // ZSET   legs not yet known to be in the queue, by ms
  limited: "limited", // ZSET   accounts that have a limit set by hand, in lexical order
  lines: "lines", // ZSET   accounts that tasks wait for, by the window's end, ms
  admission: "admission", // HASH   how many seats a user and the tenant have, and whose turn it is
  allSeats: "seats", // SET    tasks that have a seat: a leg in the queue, or a worker
  seats: "seats:", // SET    those of one user
  backlog: "backlog:", // ZSET   a user's tasks that wait for a seat, those awake before in front
  hungry: "hungry", // ZSET   users with a backlog, in the order in which they are served
  retention: "retention", // ZSET   finished tasks by the moment they are forgotten, ms
  archived: "archived", // ZSET   the same for those whose journal is archived, who have left `retention`
  archiving: "archiving", // STRING held for a moment by the worker that archives for this tenant
  index: "index:", // ZSET   ids in lexical order, which is the order of their making
  delivery: "delivery:", // HASH   one webhook delivery
  deliveriesDue: "deliveries-due", // ZSET   deliveries by their next try, ms
  idempotency: "idempotency:", // HASH   what an Idempotency-Key was used for
  answer: "answer:", // STRING an answer that may be given again while no model can be asked
  notice: "notice:", // channel: the newest seq of a task, or text as it is being written
} as const;
export type KeyKind = keyof typeof names;

export function isKeyKind(kind: string): kind is KeyKind {
  return Object.hasOwn(names, kind);
}

/** Keys of no tenant. */
export const globalKeys = {
  tenants: "pawl:tenants", // SET    every tenant that ever submitted or got a key
  apiKeys: "pawl:api-keys", // HASH   sha-256 of a key → whose it is
  apiKeysUsed: "pawl:api-keys-used", // HASH   sha-256 of a key → when it was used last, ms
  workers: "pawl:workers", // HASH   a worker's id → what it said of itself last
  replicated: "pawl:replicated", // STRING written to learn whether a replica has all that came before it
  tenant: (tenant: string) => `pawl:tenant:${tenant}`, // HASH   the tenant's signing secrets
  oneTimeWord: (hash: string) => `pawl:once:${hash}`, // STRING what a word that is good once stands for
  controlChannel: "pawl:control", // channel: tasks whose worker must stop, `<base>\n<task>`
  healthChannel: "pawl:health", // channel: what workers tell each other of providers and tools, in JSON
  /** HASH   what the provider allows for a model, and what of it is given out; forgotten when nobody asks for long. */
  capacity: (provider: string, model: string) => `pawl:{capacity:${provider}/${model}}`,
} as const;

/** A key of no tenant that scripts of every tenant reach: on one server only. */
export function unshardedKey(name: string): string {
  return `pawl:${name}`;
}

const tenantPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export function isTenantName(name: string): boolean {
  return tenantPattern.test(name);
}

/** Of tenants at work, asked for at every command; the others' are made anew. */
const bases = new Map<string, string>();
const MOST_BASES = 1_000;

/** `pawl:{tenant}`. Throws a RangeError for what is no tenant's name, before it could forge a hash tag. */
export function tenantBase(tenant: string): string {
  const known = bases.get(tenant);
  if (known !== undefined) return known;
  if (!isTenantName(tenant)) throw new RangeError(`not a tenant's name: ${JSON.stringify(tenant)}`);
  const base = `pawl:{${tenant}}`;
  if (bases.size >= MOST_BASES) bases.clear();
  bases.set(tenant, base);
  return base;
}

export function tenantOfBase(base: string): string {
  return base.slice("pawl:{".length, -1);
}

export function key(tenant: string, kind: KeyKind, id = ""): string {
  return `${tenantBase(tenant)}:${names[kind]}${id}`;
}
