/**
 * Everything that Pawl stands on, looked at in the order in which a fault would show. Nothing is changed or started, and
 * one look that fails keeps no other from being taken.
 */
import type { Connection } from "../api/find-connection.ts";
import { dataDirOf } from "../api/find-connection.ts";
import { lookAtApi } from "./look-at-api.ts";
import { lookAtConfig } from "./look-at-config.ts";
import { lookAtDataDir, lookAtNode } from "./look-at-machine.ts";
import { lookAtModel } from "./look-at-model.ts";
import { lookAtRedis } from "./look-at-redis.ts";

export type Finding = {
  readonly subject: string;
  readonly state: "ok" | "warning" | "broken";
  readonly message: string;
  /** What mends it; lines. */
  readonly fix?: string;
};

export type Looked = {
  readonly env: NodeJS.ProcessEnv;
  readonly root: string;
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly connection: () => Connection;
};

const looks: readonly (readonly [subject: string, look: (looked: Looked) => Promise<Finding[]>])[] = [
  ["node", lookAtNode],
  ["data folder", lookAtDataDir],
  ["configuration", lookAtConfig],
  ["redis", lookAtRedis],
  ["api", lookAtApi],
  ["model", lookAtModel],
];

export async function* examine(about: Omit<Looked, "dataDir">): AsyncGenerator<Finding> {
  const looked = { ...about, dataDir: dataDirOf(about.env, about.root) };
  for (const [subject, look] of looks) {
    about.signal.throwIfAborted();
    const findings = await look(looked).catch((error: unknown): Finding[] => {
      about.signal.throwIfAborted();
      return [{ subject, state: "broken", message: error instanceof Error ? error.message : String(error) }];
    });
    yield* findings;
  }
}
