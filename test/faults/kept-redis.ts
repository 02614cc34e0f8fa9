/** A real Redis on a fixed port, every write on disk before it is acknowledged, that can be killed and comes back. */
import { findFreePort, type RedisServer, startRedis } from "@pawl/local-redis";

export type KeptRedis = {
  port: number;
  url: string;
  kill(downMs: number): Promise<void>;
  pause(forMs: number): Promise<void>;
  heal(): Promise<void>;
  close(): Promise<void>;
  isUp(): boolean;
};

export async function keepRedis(dir: string): Promise<KeptRedis> {
  const port = await findFreePort();
  const start = (): Promise<RedisServer> => startRedis({ dir, port, appendfsync: "always", log: () => {} });
  let server = await start();
  let busy: Promise<void> | undefined;
  let endPause: (() => void) | undefined;

  async function killed(downMs: number): Promise<void> {
    process.kill(server.pid, "SIGKILL");
    await server.exited;
    await new Promise((resolve) => setTimeout(resolve, downMs));
    server = await start();
  }

  function paused(forMs: number): Promise<void> {
    const { pid } = server;
    process.kill(pid, "SIGSTOP");
    return new Promise((resolve) => {
      const timer = setTimeout(() => endPause?.(), forMs);
      endPause = () => {
        clearTimeout(timer);
        endPause = undefined;
        process.kill(pid, "SIGCONT");
        resolve();
      };
    });
  }

  const alone = async (strike: () => Promise<void>) => {
    if (busy !== undefined) return;
    busy = strike();
    await busy.finally(() => {
      busy = undefined;
    });
  };
  const heal = async () => {
    endPause?.();
    await busy;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill: (downMs) => alone(() => killed(downMs)),
    pause: (forMs) => alone(() => paused(forMs)),
    heal,
    async close() {
      await heal();
      await server.stop();
    },
    isUp: () => busy === undefined,
  };
}
