/** The process of one benchmark: a private Redis, the measurement, its figures to the parent. */
import { join } from "node:path";
import { startRedis } from "@pawl/local-redis";
import { benchmarks } from "../benchmarks.ts";

const [name, policy, dir = ""] = process.argv.slice(2);
const tell = (message: object) => new Promise((resolve) => process.send?.(message, resolve));
const benchmark = benchmarks.find((candidate) => candidate.name === name);
if (benchmark === undefined || (policy !== "everysec" && policy !== "always") || dir === "") {
  throw new TypeError(
    `usage: one-benchmark.ts NAME everysec|always DIR, not ${process.argv.slice(2).join(" ")}`,
  );
}

const say = (line: string) => void tell({ say: line });
const redis = await startRedis({ dir: join(dir, "redis"), appendfsync: policy, log: say });
try {
  await tell({ figures: await benchmark.run({ policy, redisUrl: redis.url, dir, say }) });
} catch (error) {
  await tell({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
} finally {
  await redis.stop();
}
process.exit();
