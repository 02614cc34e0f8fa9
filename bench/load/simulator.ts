/** The simulator as a process of its own, told to say what the workload says, and what the SDK is sent for it. */
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { anthropicModel } from "@pawl/agent";
import { type BenchProcess, startProcess } from "./process.ts";
import type { Workload } from "./workload.ts";

const main = join(import.meta.dirname, "../../apps/simulator/src/main.ts");

export async function startSimulator(
  { turns }: Workload,
  { dir, firstReplyMs = 0 }: { dir: string; firstReplyMs?: number },
): Promise<{ url: string; process: BenchProcess }> {
  // By turn, not by order: many tasks ask at once.
  const steps = turns.map(({ content, stopReason }, turn) => ({
    match: { turn: turn + 1 },
    reply: { content, stop_reason: stopReason },
    ...(turn === 0 && firstReplyMs > 0 ? { latency_ms: firstReplyMs } : {}),
    times: -1,
  }));
  const scenario = join(dir, "scenario.json");
  await writeFile(scenario, JSON.stringify({ steps }));
  const process = startProcess(main, {
    env: { PORT: "0", LOG_LEVEL: "silent", SIMULATOR_SCENARIO: scenario },
  });
  const { url } = await process.logged("listening");
  return { url: String(url), process };
}

export function modelAt(url: string) {
  return anthropicModel({ apiKey: "simulator", baseUrl: url, idleTimeoutMs: 60_000 });
}

export type Recorder = { url: string; bodies: string[]; close(): void };

/** Passes requests on and keeps their bodies: what a bare loop must send to send the same. */
export async function recordRequests(target: string): Promise<Recorder> {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString("utf8");
    bodies.push(body);
    const answer = await fetch(new URL(request.url ?? "/", target), {
      method: "POST",
      headers: { authorization: "Bearer simulator", "content-type": "application/json" },
      body,
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, bodies, close: () => void server.close() };
}
