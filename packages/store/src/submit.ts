/** Calls submit.lua: a task comes into being, with its leg owed to the queue, or an earlier answer is found. */
import { type EventData, WindowName } from "@pawl/protocol";
import { type Account, accountKey, type Terms, termsArgument } from "./account.ts";
import { globalKeys, key, tenantBase } from "./keys.ts";
import { parkedArgument } from "./parked.ts";
import type { OwedLeg } from "./queue.ts";
import { legsAt, replyList, textAt, unknownVerdict } from "./reply.ts";
import { runScript } from "./scripts.ts";
import type { Store } from "./store.ts";

export type Submission = {
  tenant: string;
  task: string;
  data: EventData<"task.submitted">;
  /** Whose money must not be spent already. */
  terms: Terms;
  /** What the least call costs: an account that cannot pay it counts as spent. */
  leastNanoUsd: number;
  /** The id of the webhook that is owed where it must wait for a window's end. Default: the task has none. */
  deliveryId?: string;
  idempotency?: {
    /** Unique per tenant and route. */
    key: string;
    /** The body's digest: another body under the same key is a mistake. */
    digest: string;
    /** How long the caller of this request may still be waiting for its answer. */
    busyMs: number;
  };
};

export type SubmitOutcome =
  /** Without a leg where it waits for its time or for a seat. */
  | { kind: "submitted"; legs: OwedLeg[] }
  /** The key was used by this body: `answer` is what was answered, if that is known. */
  | { kind: "replayed"; task: string; answer: string | null }
  | { kind: "busy"; task: string }
  | { kind: "mismatch" }
  /** `endsAtMs`: when its window is over; null for one that never is. */
  | { kind: "spent"; account: Account; window: WindowName; endsAtMs: number | null };

const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1000;

/** Safe to repeat: the task's id is made by the caller, and the second call finds the first one's work. */
export async function submitTask(store: Store, submission: Submission): Promise<SubmitOutcome> {
  const { tenant, task, data, terms, idempotency } = submission;
  // Before the script: a tenant with a task that no sweeper knows of would be worse than one without.
  await registerTenant(store, tenant);
  const reply = replyList(
    await runScript(store.redis, store.scripts.submit, tenantBase(tenant), [
      task,
      idempotency?.key ?? "",
      idempotency?.digest ?? "",
      IDEMPOTENCY_KEPT_MS,
      idempotency?.busyMs ?? 0,
      termsArgument(store, tenant, terms),
      submission.leastNanoUsd,
      parkedArgument(store.codec, terms.windows),
      submission.deliveryId ?? "",
      data.limits.timeout_ms,
      data.delay_ms ?? "",
      data.webhook_url === null ? 0 : 1,
      data.user ?? "",
      data.priority,
      store.seats.perUser,
      store.seats.perTenant,
      ...listArguments(indexesOf(data)),
      1,
      store.codec.encode({ type: "task.submitted", data }),
    ]),
  );
  const verdict = textAt(reply, 0);
  switch (verdict) {
    case "OK":
    case "AGAIN":
      return { kind: "submitted", legs: legsAt(reply, 1) };
    case "REPLAY": {
      const answer = textAt(reply, 2);
      return { kind: "replayed", task: textAt(reply, 1), answer: answer === "" ? null : answer };
    }
    case "BUSY":
      return { kind: "busy", task: textAt(reply, 1) };
    case "MISMATCH":
      return { kind: "mismatch" };
    case "SPENT": {
      const found = terms.accounts.find((one) => accountKey(store, tenant, one) === textAt(reply, 1));
      if (found === undefined) throw new RangeError("submit.lua named an account that was not given");
      const window = WindowName.parse(textAt(reply, 2));
      const endsAtMs = Number(textAt(reply, 3)) || terms.windows[window].endsAtMs;
      return { kind: "spent", account: found, window, endsAtMs: endsAtMs === 0 ? null : endsAtMs };
    }
    default:
      return unknownVerdict("submit", verdict);
  }
}

/** Keeps the answer that a repeated request is to get. */
export async function keepAnswer(
  store: Store,
  tenant: string,
  idempotencyKey: string,
  answer: string,
): Promise<void> {
  const record = key(tenant, "idempotency", idempotencyKey);
  await store.redis.multi().hset(record, "answer", answer).pexpire(record, IDEMPOTENCY_KEPT_MS).exec();
}

/** Redis may forget it in a failover: it is told again from time to time. */
const REGISTERED_FOR_MS = 60_000;
const registered = new WeakMap<Store, Map<string, number>>();

async function registerTenant(store: Store, tenant: string): Promise<void> {
  const known = registered.get(store) ?? new Map<string, number>();
  registered.set(store, known);
  if (performance.now() - (known.get(tenant) ?? Number.NEGATIVE_INFINITY) < REGISTERED_FOR_MS) return;
  await store.redis.sadd(globalKeys.tenants, tenant);
  known.set(tenant, performance.now());
}

/** The listings a task stands in besides `all` and its status. Labels contain no line breaks. */
function indexesOf(data: EventData<"task.submitted">): string[] {
  const labels = { user: data.user, feature: data.feature, session_id: data.session_id, agent: data.agent };
  return Object.entries(labels).flatMap(([name, value]) => (value === null ? [] : [`${name}:${value}`]));
}

export function listArguments<T>(list: readonly T[]): [number, ...T[]] {
  return [list.length, ...list];
}
