/**
 * What this worker knows of the health of providers and tools, put together over Redis: words by notice, slices of the
 * fleet's rates by script. Both in the background: no step waits for them.
 */
import {
  type ModelGate,
  openBreakers,
  openModelGate,
  type PawlConfig,
  type ToolHealth,
  toolHealth,
} from "@pawl/agent";
import type { Log } from "@pawl/service";
import { leaseCapacity, type Notices, publishHealth, type Store } from "@pawl/store";

export type ProviderHealth = { gate: ModelGate; toolHealth: ToolHealth; close(): void };

export async function openProviderHealth(deps: {
  store: Store;
  notices: Notices;
  config: PawlConfig;
  /** Who serves the models: workers of one name share its rates. */
  provider: string;
  workerId: string;
  nowMs: () => number;
  log: Log;
}): Promise<ProviderHealth> {
  const { store, notices, config, provider, workerId, nowMs, log } = deps;
  const breakers = openBreakers({
    worker: workerId,
    publish(message) {
      publishHealth(store, message).catch((error: unknown) => log.debug("a word was not sent", { error }));
    },
    nowMs,
    random: Math.random,
    log,
  });
  await notices.onHealth(breakers.hear);
  const gate = openModelGate({
    breakers,
    breaker: config.capacity.breaker,
    limits: config.capacity.limits,
    lease: (ask) => leaseCapacity(store, { ...ask, provider, worker: workerId }),
    nowMs,
    random: Math.random,
    log,
  });
  return { gate, toolHealth: toolHealth(breakers), close: gate.close };
}
