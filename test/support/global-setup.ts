import { join } from "node:path";
import { findRedisBinary } from "@pawl/local-redis";

export default async function findRedis(): Promise<void> {
  await findRedisBinary({ dataDir: join(import.meta.dirname, "../../.pawl"), log: () => {} });
}
