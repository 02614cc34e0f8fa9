/**
 * Redis in a container, for a machine that has neither a server program nor apt but a docker daemon.
 * `docker run` stays in the foreground and stands for the server: it passes our configuration in on stdin,
 * passes SIGTERM on, and the container is removed when it ends.
 */
import { randomUUID } from "node:crypto";
import { whichAll } from "./find-redis.ts";
import type { RedisUnavailableError } from "./redis-unavailable.ts";
import { lastLines, runCommand } from "./run-command.ts";

export const DOCKER_IMAGE = "redis:7-alpine";
/** Where the data folder appears inside the container. */
export const DOCKER_DATA_DIR = "/data";
const PULL_TIMEOUT_MS = 5 * 60_000;

export type DockerRedis = { command: string; container: string };

/** Makes sure that docker answers and has the image; otherwise throws `unavailable`'s story with docker's added. */
export async function prepareDocker(
  unavailable: RedisUnavailableError,
  options: { env: NodeJS.ProcessEnv; log: (line: string) => void },
): Promise<DockerRedis | { problem: string }> {
  const { env } = options;
  const command = whichAll("docker", env)[0];
  if (command === undefined) return { problem: "docker: not on PATH" };
  const daemon = await runCommand(command, ["version", "--format", "{{.Server.Version}}"], {
    env,
    timeoutMs: 10_000,
  });
  if (daemon.code !== 0) return { problem: `docker: ${lastLines(daemon.output, 1)}` };
  options.log(
    `no Redis program here (${unavailable.attempts.length} ways tried): using docker and ${DOCKER_IMAGE}`,
  );
  const image = await runCommand(command, ["image", "inspect", DOCKER_IMAGE], { env, timeoutMs: 10_000 });
  if (image.code !== 0) {
    const pull = await runCommand(command, ["pull", "--quiet", DOCKER_IMAGE], {
      env,
      timeoutMs: PULL_TIMEOUT_MS,
    });
    if (pull.code !== 0) return { problem: `docker pull ${DOCKER_IMAGE}: ${lastLines(pull.output, 2)}` };
  }
  return { command, container: `pawl-redis-${randomUUID().slice(0, 8)}` };
}

/** Arguments of `docker run` up to and including the server's name; the server's own follow. */
export function dockerRunArgs(docker: DockerRedis, dir: string, port: number): string[] {
  const self = process.getuid && process.getgid ? ["--user", `${process.getuid()}:${process.getgid()}`] : [];
  const publish = ["--publish", `127.0.0.1:${port}:${port}`];
  const volume = ["--volume", `${dir}:${DOCKER_DATA_DIR}`];
  return [
    "run",
    "--rm",
    "--interactive",
    "--name",
    docker.container,
    ...self,
    ...publish,
    ...volume,
    DOCKER_IMAGE,
    "redis-server",
  ];
}
