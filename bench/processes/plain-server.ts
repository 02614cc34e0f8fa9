/** The least server that takes a job: it parses the body, adds a job to BullMQ and answers with its id. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openPlainQueue } from "../load/plain-queue.ts";

const [redisUrl = ""] = process.argv.slice(2);
const queue = await openPlainQueue({
  redisUrl,
  name: "submitted",
  concurrency: 100,
  process: async () => {},
});
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const id = await queue.submit();
  const answer = JSON.stringify({ id, status: "queued", body });
  response.writeHead(202, { "content-type": "application/json" }).end(answer);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ message: "listening", port })}\n`);
});
