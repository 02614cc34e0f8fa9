/** The worker's environment, checked once, all faults together. */
import {
  csv,
  flag,
  host,
  httpUrl,
  logLevel,
  port,
  positiveInteger,
  positiveMs,
  redisUrl,
  requireOneOf,
} from "@pawl/service";
import { z } from "zod";

export const Environment = requireOneOf(
  z.object({
    REDIS_URL: redisUrl.optional(),
    PAWL_REDIS_CLUSTER: flag.default(false),
    PAWL_DATA_DIR: z.string().default(".pawl"),
    PAWL_CONFIG: z.string().default("pawl.config.ts"),
    PAWL_EGRESS_ALLOW: csv.default([]),
    ANTHROPIC_API_KEY: z.string().optional(),
    ANTHROPIC_BASE_URL: httpUrl.optional(),
    HOST: host.default("127.0.0.1"),
    WORKER_PORT: port.optional(),
    WORKER_CONCURRENCY: positiveInteger.default(100),
    LOCK_DURATION_MS: positiveMs.default(5000),
    STALLED_INTERVAL_MS: positiveMs.default(1000),
    SHUTDOWN_GRACE_MS: positiveMs.default(4000),
    /** Set by a worker for the child that performs its suspects. */
    PAWL_LANE: z.enum(["quarantine"]).optional(),
    LOG_LEVEL: logLevel.default("info"),
  }),
  ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"],
  "is not set; a worker needs a key, or the base URL of a gateway or of the simulator",
);
export type Environment = z.infer<typeof Environment>;
