import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "@pawl/service";
import { afterAll, expect, it } from "vitest";
import { readApiEnvironment } from "./environment.ts";

const dataDir = await mkdtemp(join(tmpdir(), "pawl-api-"));
afterAll(() => rm(dataDir, { recursive: true, force: true }));
const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const ADMIN_KEY = "kept-admin-key-012345";

function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    readApiEnvironment(env);
  } catch (error) {
    if (error instanceof EnvironmentError) return error.faults.map(({ variable }) => variable).sort();
    throw error;
  }
  return [];
}

it("needs an admin key and nothing else", () => {
  const env = readApiEnvironment({ PAWL_ADMIN_KEY: ADMIN_KEY, PAWL_DATA_DIR: dataDir });
  expect(env).toEqual({
    PAWL_REDIS_CLUSTER: false,
    HOST: "127.0.0.1",
    PORT: 3000,
    PAWL_ADMIN_KEY: ADMIN_KEY,
    PAWL_CONFIG: "pawl.config.ts",
    PAWL_DATA_DIR: dataDir,
    PAWL_MAX_BODY_BYTES: 1_048_576,
    PAWL_EGRESS_ALLOW: [],
    SHUTDOWN_GRACE_MS: 4_000,
    LOG_LEVEL: "info",
  });
});

it("tells all faults together, what egress may not mean among them", () => {
  const env = {
    PAWL_DATA_DIR: dataDir,
    PORT: "x",
    REDIS_URL: "localhost",
    PAWL_EGRESS_ALLOW: "10.0.0.0/99",
    PAWL_MAX_BODY_BYTES: "0",
    PAWL_WEBHOOK_SECRET: "s",
  };
  expect(faultsOf(env)).toEqual(
    [...Object.keys(env).filter((name) => name !== "PAWL_DATA_DIR"), "PAWL_ADMIN_KEY"].sort(),
  );
});

it("finds the secrets that the data folder keeps, but not in production, and never before given ones", async () => {
  expect(faultsOf({ PAWL_DATA_DIR: dataDir })).toEqual(["PAWL_ADMIN_KEY"]);
  const kept = { PAWL_ADMIN_KEY: ADMIN_KEY, PAWL_WEBHOOK_SECRET: SECRET };
  await writeFile(join(dataDir, "secrets.json"), JSON.stringify(kept));
  expect(readApiEnvironment({ PAWL_DATA_DIR: dataDir, PAWL_ADMIN_KEY: " " })).toMatchObject(kept);
  const given = { PAWL_DATA_DIR: dataDir, PAWL_ADMIN_KEY: "given-admin-key-01234" };
  expect(readApiEnvironment(given)).toMatchObject({ ...kept, ...given });
  expect(faultsOf({ PAWL_DATA_DIR: dataDir, NODE_ENV: "production" })).toEqual(["PAWL_ADMIN_KEY"]);
  await writeFile(join(dataDir, "secrets.json"), "{damaged");
  expect(faultsOf({ PAWL_DATA_DIR: dataDir })).toEqual(["PAWL_ADMIN_KEY"]);
});
