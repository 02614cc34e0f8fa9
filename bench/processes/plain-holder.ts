/** A plain BullMQ worker that holds each job it gets for ever; a `holder` adds one job and takes one. */
import { openPlainQueue } from "../load/plain-queue.ts";

const [kind, redisUrl = ""] = process.argv.slice(2);
const queue = await openPlainQueue({
  redisUrl,
  name: "held",
  concurrency: kind === "holder" ? 1 : 100,
  process: (started) => {
    process.send?.({ started, atMs: Date.now() });
    return new Promise(() => {});
  },
});
process.send?.({ ready: true });
if (kind === "holder") await queue.submit();
