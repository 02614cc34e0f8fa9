/** What the routes stand on. Made once in main.ts (or by a test) and handed down; nothing else is reached for. */
import type { EgressGuard, PawlConfig } from "@pawl/agent";
import type { Log } from "@pawl/service";
import type { Notices, Store } from "@pawl/store";

export type ApiDeps = {
  store: Store;
  notices: Notices;
  config: PawlConfig;
  egress: Pick<EgressGuard, "checkWebhookUrl">;
  log: Log;
  /** The folder of the built console. */
  consoleDir: string;
  /** The admin key of tenant `default`. */
  adminKey: string;
  maxBodyBytes: number;
  nowMs: () => number;
  /** Why requests cannot be served now, or null. Resolves within about a second, whatever Redis does. */
  notReady: () => Promise<string | null>;
  /** Aborted when the process begins to end: streams and waits let go of their callers. */
  closing: AbortSignal;
  /** How often a silent stream sends a sign of life, and how often a follower looks without a notice. */
  heartbeatMs?: number;
  recheckMs?: number;
};

export const BOOTSTRAP_TENANT = "default";
