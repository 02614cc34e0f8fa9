/** What may be in Redis when nothing is under way: what has a lifetime, or an owner that lives as long as its tenant. */
import { key, queueNames, queuePrefix, type Store } from "@pawl/store";
import { TENANT } from "./round.ts";

const JOB_STATES = ["active", "waiting", "delayed", "prioritized", "waiting-children"] as const;

const queues = Object.values(queueNames).join("|");
/** Kept as long as there is the tenant, or by BullMQ in bounded number. */
const owned = [
  /^pawl:(tenants|api-keys|workers)$/,
  /^pawl:tenant:default$/,
  /^pawl:\{default\}:(retention|archived|admission|usage-feed|usage-rolled|index:.+)$/,
  new RegExp(
    `^\\{pawl\\}:(${queues}):(meta|id|events|completed|failed|stalled-check|marker|pc|metrics:(?:completed|failed)(?::data)?)$`,
  ),
];
const isAccount = /^pawl:(\{default\}:)?account:[^:]+(:[^:]+)?$/;
const job = new RegExp(`^(\\{pawl\\}:(?:${queues})):((?:task|dlv)_[0-9a-z]+\\..+)$`);

/** Live tasks, alarms, owed legs, lines, deliveries, jobs: empty once Pawl is at rest. */
export async function unrest({ redis, queues: open }: Store): Promise<string[]> {
  const found: string[] = [];
  for (const status of ["queued", "running", "waiting"]) {
    const live = await redis.zcard(key(TENANT, "index", `status:${status}`));
    if (live > 0) found.push(`${live} tasks ${status}`);
  }
  for (const kind of ["due", "owed", "lines", "hungry", "deliveriesDue"] as const) {
    const members = await redis.zrange(key(TENANT, kind), "0", "2");
    if (members.length > 0) found.push(`${kind}: ${members.join(", ")} …`);
  }
  const seated = await redis.scard(key(TENANT, "allSeats"));
  if (seated > 0) found.push(`${seated} seats taken`);
  for (const [name, queue] of Object.entries(open)) {
    const counts = await queue.getJobCounts(...JOB_STATES);
    for (const [state, count] of Object.entries(counts))
      if (count > 0) found.push(`${count} jobs ${state} of ${name}`);
  }
  return found;
}

/** Holds, and keys without a lifetime or an owner. */
export async function leftovers({ redis }: Store): Promise<string[]> {
  const found: string[] = [];
  for (const name of await redis.keys("*")) {
    const held = isAccount.test(name) ? Number((await redis.get(name))?.split(" ")[0]) : 0;
    if (held !== 0) found.push(`a hold outlived its task: ${held} nano-dollars in ${name}`);
    // 0 and more: it has a lifetime; -2: it was archived or forgotten since.
    if ((await redis.pttl(name)) !== -1 || owned.some((pattern) => pattern.test(name))) continue;
    const [, queue = "", id = ""] = job.exec(name) ?? [];
    const kept =
      id !== "" &&
      ((await redis.zscore(`${queue}:completed`, id)) ?? (await redis.zscore(`${queue}:failed`, id))) !==
        null;
    if (!kept) found.push(`no lifetime, no owner: ${name}`);
  }
  for (const name of Object.values(queueNames)) {
    const events = await redis.xlen(`${queuePrefix}:${name}:events`);
    if (events > 3000) found.push(`${events} events are kept of ${name}`);
  }
  return found;
}

/** Every task that Redis knows. */
export function knownTasks({ redis }: Store): Promise<string[]> {
  return redis.zrange(key(TENANT, "index", "all"), "0", "-1");
}
