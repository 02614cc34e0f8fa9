/**
 * The one error for "there is no Redis here and none could be fetched". Its message is written for a person
 * at a terminal: what was tried, and the exact commands that help, the most likely one first.
 */

export class RedisUnavailableError extends Error {
  override readonly name = "RedisUnavailableError";
  /** One line for each way that was tried and why it did not work. */
  readonly attempts: readonly string[];

  constructor(attempts: readonly string[], platform: NodeJS.Platform = process.platform) {
    super(describe(attempts, platform));
    this.attempts = attempts;
  }
}

function describe(attempts: readonly string[], platform: NodeJS.Platform): string {
  const debian = "  Debian, Ubuntu   sudo apt-get install redis-server";
  const macos = "  macOS            brew install valkey";
  const systems = platform === "darwin" ? [macos, debian] : [debian, macos];
  return [
    "Pawl needs a Redis (or Valkey) server, 6.2 or newer, and found none. What was tried:",
    ...attempts.map((attempt) => `  - ${attempt.replaceAll("\n", "\n    ")}`),
    "Do one of these, then run the same command again:",
    ...systems,
    "  Docker           docker run -d -p 127.0.0.1:6379:6379 redis:7-alpine \\",
    "                     redis-server --appendonly yes --appendfsync always --maxmemory-policy noeviction",
    "                   export REDIS_URL=redis://127.0.0.1:6379",
    "  One of your own  export REDIS_URL=redis://HOST:6379",
  ].join("\n");
}
