/**
 * The api's environment: every variable it knows, checked at start, all faults told together. In production the
 * secrets must be given; by hand elsewhere, those that `npm start` keeps in the data folder will do.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEgressGuard } from "@pawl/agent";
import {
  adminKey,
  byteSize,
  csv,
  flag,
  host,
  logLevel,
  port,
  positiveMs,
  readEnvironment,
  redisUrl,
  webhookSecret,
} from "@pawl/service";
import { z } from "zod";

const MIB = 1024 * 1024;

/** Exported for the test that holds its documentation to it. */
export const ApiEnvironment = z.object({
  REDIS_URL: redisUrl.optional(),
  PAWL_REDIS_CLUSTER: flag.default(false),
  HOST: host.default("127.0.0.1"),
  PORT: port.default(3000),
  PAWL_ADMIN_KEY: adminKey,
  PAWL_WEBHOOK_SECRET: webhookSecret.optional(),
  PAWL_CONFIG: z.string().default("pawl.config.ts"),
  PAWL_DATA_DIR: z.string().default(".pawl"),
  PAWL_MAX_BODY_BYTES: byteSize.default(MIB),
  PAWL_EGRESS_ALLOW: csv
    .refine(isEgressList, { error: "must list hosts, host:port or CIDRs, such as hooks.internal,10.0.0.0/8" })
    .default([]),
  SHUTDOWN_GRACE_MS: positiveMs.default(4_000),
  LOG_LEVEL: logLevel.default("info"),
});
export type ApiEnvironment = z.output<typeof ApiEnvironment>;

/** @throws EnvironmentError */
export function readApiEnvironment(env: NodeJS.ProcessEnv): ApiEnvironment {
  const isProduction = env.NODE_ENV?.trim() === "production";
  const kept = isProduction ? {} : readKeptSecrets(env.PAWL_DATA_DIR?.trim() || ".pawl");
  const given = Object.entries(env).filter(([, value]) => (value?.trim() ?? "") !== "");
  return readEnvironment(ApiEnvironment, { ...kept, ...Object.fromEntries(given) });
}

const KeptSecrets = z.object({
  PAWL_ADMIN_KEY: z.string().optional(),
  PAWL_WEBHOOK_SECRET: z.string().optional(),
});

/** A file that is not there, or damaged, keeps no secret: the schema then says which one is missing. */
function readKeptSecrets(dataDir: string): z.output<typeof KeptSecrets> {
  try {
    return KeptSecrets.parse(JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8")));
  } catch {
    return {};
  }
}

function isEgressList(entries: readonly string[]): boolean {
  try {
    void createEgressGuard({ allow: entries }).close();
    return true;
  } catch {
    return false;
  }
}
