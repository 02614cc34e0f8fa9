/** The Redis: whether it answers, keeps what it is told, evicts nothing, and whose clock it goes by. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runningRedisUrl } from "@pawl/local-redis";
import { parseRedisAddress, readRedisFacts } from "@pawl/store";
import { reasonOf } from "../api/explain-error.ts";
import type { Finding, Looked } from "./examine.ts";

const ANSWER_TIMEOUT_MS = 4_000;
/** Nothing of Pawl breaks by it, for all go by Redis' clock; but then logs and people do not. */
const MOST_SKEW_MS = 2_000;
const NEARLY_FULL = 0.85;

export async function lookAtRedis({ env, dataDir }: Looked): Promise<Finding[]> {
  const subject = "redis";
  const given = env.REDIS_URL || undefined;
  const url = given ?? runningRedisUrl(dataDir);
  if (url === undefined) {
    const kept = existsSync(join(dataDir, "redis")) ? " (its data is kept)" : "";
    return [{ subject, state: "ok", message: `none runs here now${kept}; \`npm start\` starts its own` }];
  }
  const where = placeOf(url);
  try {
    const address = parseRedisAddress(
      url,
      env.PAWL_REDIS_CLUSTER === "1" || env.PAWL_REDIS_CLUSTER === "true",
    );
    const facts = await readRedisFacts(address, ANSWER_TIMEOUT_MS);
    return [
      { subject, state: "ok", message: `Redis ${facts.version} answers at ${where}` },
      ...facts.faults.map(
        ({ severity, message, fix }): Finding => ({
          subject,
          state: severity === "error" ? "broken" : "warning",
          message,
          fix,
        }),
      ),
      ...persistence(facts),
      ...memory(facts),
      clock(facts.clockAheadMs),
    ];
  } catch (error) {
    const fix =
      given === undefined
        ? "End `npm start` with Ctrl-C and start it again; its log: .pawl/redis/."
        : 'Is REDIS_URL right (host, port, password), and does the server run? Try: redis-cli -u "$REDIS_URL" ping';
    return [
      { subject, state: "broken", message: `Redis at ${where} cannot be used: ${reasonOf(error)}`, fix },
    ];
  }
}

type Facts = Awaited<ReturnType<typeof readRedisFacts>>;

function persistence({ keepsAppendOnlyFile, appendFsync, evictionPolicy }: Facts): Finding[] {
  if (keepsAppendOnlyFile !== true) return []; // said already, as a fault
  const policy = evictionPolicy === null ? "" : `, eviction ${evictionPolicy}`;
  const kept = `appendonly yes, appendfsync ${appendFsync ?? "unknown"}${policy}`;
  if (appendFsync === "always" || appendFsync === null)
    return [{ subject: "redis", state: "ok", message: kept }];
  return [
    {
      subject: "redis",
      state: appendFsync === "no" ? "warning" : "ok",
      message: `${kept}: a power failure may cost the last ${appendFsync === "no" ? "half minute" : "second"}`,
      ...(appendFsync === "no"
        ? { fix: "redis-cli CONFIG SET appendfsync always, and the same in redis.conf" }
        : {}),
    },
  ];
}

function memory({ maxMemoryBytes, usedMemoryBytes }: Facts): Finding[] {
  if (maxMemoryBytes === null || usedMemoryBytes < maxMemoryBytes * NEARLY_FULL) return [];
  return [
    {
      subject: "redis",
      state: "warning",
      message: `${Math.round((usedMemoryBytes / maxMemoryBytes) * 100)} % of its memory is used; when it is full, no task goes on`,
      fix: "Give it more (CONFIG SET maxmemory), or keep finished tasks for a shorter time.",
    },
  ];
}

function clock(aheadMs: number): Finding {
  const ms = Math.round(Math.abs(aheadMs));
  const subject = "redis clock";
  if (ms <= MOST_SKEW_MS)
    return { subject, state: "ok", message: `agrees with this machine's, within ${ms} ms` };
  const how = aheadMs > 0 ? "ahead of" : "behind";
  return {
    subject,
    state: "warning",
    message: `is ${(ms / 1000).toFixed(1)} s ${how} this machine's; deadlines and budgets go by Redis'`,
    fix: "Let both machines set their clocks by NTP (timedatectl set-ntp true).",
  };
}

/** Without the password. */
function placeOf(url: string): string {
  return url
    .split(",")
    .map((each) => URL.parse(each.trim())?.host ?? "an address that is none")
    .join(", ");
}
