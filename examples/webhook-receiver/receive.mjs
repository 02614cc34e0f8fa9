/**
 * Receives Pawl's webhooks and verifies their signature: what your own service must do, and nothing more.
 *
 *   PAWL_WEBHOOK_SECRET=whsec_… PORT=4001 node examples/webhook-receiver/receive.mjs
 */
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const port = Number(process.env.PORT ?? 4001);
const webhook = new Webhook(process.env.PAWL_WEBHOOK_SECRET ?? "");
/** The same webhook may arrive more than once: its id tells. Keep it where it outlives a restart. */
const seen = new Set();

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    // Verify the bytes as they came: JSON that was parsed and written again is another text.
    const { type, data } = webhook.verify(Buffer.concat(chunks).toString("utf8"), request.headers);
    const id = request.headers["webhook-id"];
    if (!seen.has(id)) process.stdout.write(`${type} ${data.id}, signature verified\n`);
    seen.add(id);
    response.writeHead(204).end();
  } catch {
    process.stdout.write("refused a request: its signature is not ours\n");
    response.writeHead(401).end();
  }
});
server.listen(port, "127.0.0.1", () => process.stdout.write(`waiting for webhooks on port ${port}\n`));
