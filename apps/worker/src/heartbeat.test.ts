import { PassThrough } from "node:stream";
import { createLog } from "@pawl/service";
import { listWorkers } from "@pawl/store";
import { expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { startHeartbeat } from "./heartbeat.ts";

it("puts a worker on the list of those that live, and takes it off at its end", async () => {
  const store = await ownStore();
  const log = createLog({ process: "worker", level: "debug", stream: new PassThrough(), isTerminal: false });
  const self = { id: "w1", concurrency: 7, queues: ["high", "webhooks"] } as const;
  const stop = startHeartbeat({ store, log, running: () => 2, nowMs: () => 1_000 }, self);
  await expect
    .poll(() => listWorkers(store))
    .toMatchObject([{ id: "w1", sinceMs: 1_000, running: 2, concurrency: 7, queues: ["high", "webhooks"] }]);
  await stop();
  expect(await listWorkers(store)).toEqual([]);
});
