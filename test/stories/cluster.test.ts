/** The main story on a Redis Cluster of three masters, for two tenants whose keys live on different nodes. */
import type { Task } from "@pawl/protocol";
import { key, openStore, parseRedisAddress } from "@pawl/store";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { ownCluster } from "../support/cluster.ts";
import { finished, follow, getTask, journalOf, submit } from "../support/follow.ts";
import { expectHeadToMatchJournal } from "../support/head.ts";
import { type System, startSystem, WEBHOOK_SECRET } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { script } from "../support/simulator-script.ts";
import {
  expectNothingTwice,
  ledgerOf,
  STORY_CONFIG,
  scriptOneCall,
  scriptStory,
  witnessed,
} from "../support/story.ts";

const cluster = await ownCluster();
const system = await startSystem({ redisUrl: cluster.url, env: { PAWL_CONFIG: STORY_CONFIG } });

type Tenant = { name: string; as: System; secret: string };

/** A tenant whose keys are not on the node that has the bootstrap tenant's. */
async function tenantElsewhere(): Promise<Tenant> {
  const home = await cluster.nodeOf(key("default", "due"));
  for (const name of ["acme", "globex", "initech", "umbrella", "hooli", "stark"]) {
    if ((await cluster.nodeOf(key(name, "due"))) === home) continue;
    const body = JSON.stringify({ tenant: name, scopes: ["tasks"] });
    const made = await (await system.call("/v1/api-keys", { method: "POST", body })).json();
    const { key: apiKey, webhook_secret } = made as { key: string; webhook_secret: string };
    const call: System["call"] = (path, init = {}) =>
      system.call(path, { ...init, headers: { authorization: `Bearer ${apiKey}`, ...init.headers } });
    return { name, as: { ...system, call }, secret: webhook_secret };
  }
  throw new Error("every name has its keys on one node");
}

const tenants: Tenant[] = [{ name: "default", as: system, secret: WEBHOOK_SECRET }, await tenantElsewhere()];

async function read<T>({ as }: Tenant, path: string): Promise<T> {
  const response = await as.call(path);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

describe.each(tenants)("on a cluster, tenant $name", (tenant) => {
  const { name, as, secret } = tenant;

  it("submits once however often he asks, follows, polls and is told by a signed webhook", async () => {
    const word = `main-${name}.`;
    await scriptStory(system, word, 5);
    const receiver = await startReceiver();
    const request = {
      method: "POST",
      headers: { "idempotency-key": word },
      body: JSON.stringify({ input: word, agent: "story", user: "ann", webhook_url: receiver.url }),
    };
    const [first, second] = [await as.call("/v1/tasks", request), await as.call("/v1/tasks", request)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    const { id } = (await first.json()) as Task;
    expect(((await second.json()) as Task).id).toBe(id);

    const types = (await journalOf(as, id)).map(({ type }) => type);
    expect(types.at(0)).toBe("task.submitted");
    expect(types.at(-1)).toBe("task.completed");
    expect(types.filter((type) => type === "model.responded")).toHaveLength(4);
    expect(await getTask(as, id)).toMatchObject({
      status: "completed",
      attempts: 1,
      result: { text: "The story is told." },
    });
    const { body, headers } = await receiver.nth(1);
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: "task.completed",
      data: { id, status: "completed" },
    });

    type Page = { data: { id: string }[] };
    const listed = await read<Page>(tenant, "/v1/tasks?user=ann&status=completed");
    expect(listed.data.map((task) => task.id)).toEqual([id]);
    const deliveries = async () => (await read<Page>(tenant, `/v1/deliveries?task=${id}`)).data;
    await expect
      .poll(deliveries)
      .toMatchObject([{ id: headers["webhook-id"], state: "delivered", tries: 1 }]);
  });

  it("waits for an overloaded model and tries again", async () => {
    const word = `overloaded-${name}.`;
    const fault = { kind: "status", status: 529, retry_after_ms: 50 } as const;
    await script(system, [{ match: { contains: word }, fault }]);
    const { id } = await submit(as, { input: word });
    const task = await finished(as, id);
    expect(task).toMatchObject({ status: "completed", attempts: 2 });
    const types = (await journalOf(as, id)).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["model.failed", "task.waiting", "task.resumed"]));
  });

  it("cancels a task that runs", async () => {
    const word = `cancelled-${name}.`;
    await scriptOneCall(system, word, "gate");
    const { id } = await submit(as, { input: word, agent: "patient" });
    for await (const event of follow(as, id)) {
      if (event.type !== "tool.started") continue;
      expect((await as.call(`/v1/tasks/${id}/cancel`, { method: "POST" })).status).toBe(200);
    }
    expect(await getTask(as, id)).toMatchObject({ status: "cancelled", stop_reason: "cancelled" });
  });
});

it("on a cluster, tasks of both tenants survive the kill -9 of their worker", async () => {
  const words = tenants.map(({ name }) => `killed-${name}.`);
  await Promise.all(words.map((word) => scriptStory(system, word)));
  const tasks = await Promise.all(
    tenants.map(async (tenant, i) => ({
      tenant,
      word: words[i] ?? "",
      id: (await submit(tenant.as, { input: words[i], agent: "story" })).id,
    })),
  );
  await Promise.all(tasks.map(({ tenant, id }) => untilResponded(tenant, id)));
  await system.workers.at(-1)?.end("SIGKILL");
  await system.startWorker();
  for (const { tenant, id, word } of tasks) {
    expect(await finished(tenant.as, id)).toMatchObject({
      status: "completed",
      attempts: 2,
      result: { text: "The story is told." },
    });
    expect(new Set((await ledgerOf(system, word)).map((entry) => entry.request_hash)).size).toBe(4);
    expectNothingTwice(await witnessed(system, id));
  }
}, 30_000);

async function untilResponded({ as }: Tenant, task: string): Promise<void> {
  for await (const { type } of follow(as, task)) if (type === "model.responded") return;
}

it("on a cluster, no tenant sees another's tasks, and each one's keys are on his own node", async () => {
  const store = await openStore({ address: parseRedisAddress(cluster.url), failFast: true });
  for (const tenant of tenants) {
    const home = await cluster.nodeOf(key(tenant.name, "due"));
    const { data } = await read<{ data: Task[] }>(tenant, "/v1/tasks?limit=100");
    expect(data).toHaveLength(4);
    for (const { id } of data) {
      await expectHeadToMatchJournal(store, tenant.name, id);
      expect(await home.redis.exists(key(tenant.name, "journal", id))).toBe(1);
      for (const other of tenants) {
        if (other !== tenant) expect((await other.as.call(`/v1/tasks/${id}`)).status).toBe(404);
      }
    }
  }
  await store.close();
});

it("on a cluster, nobody ever reached for keys of two slots", async () => {
  for (const { redis } of cluster.nodes) {
    expect(await redis.info("errorstats")).not.toMatch(/CROSSSLOT|CLUSTERDOWN|MOVED/);
  }
  for (const process of [system.api, ...system.workers]) {
    expect(JSON.stringify(process.lines) + process.stderr()).not.toMatch(/CROSSSLOT|MOVED|non local key/);
  }
});
