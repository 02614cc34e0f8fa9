/**
 * `npm run test:fuzz`: the fuzz of every documented route at length, with a seed of its own each time.
 *
 *   npm run test:fuzz -- --requests 20000 --seed 7
 */
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";

const { values } = parseArgs({
  options: { requests: { type: "string", default: "20000" }, seed: { type: "string" } },
});
process.env.PAWL_FUZZ_REQUESTS = values.requests;
process.env.PAWL_FUZZ_SEED = values.seed ?? String(Date.now() % 2 ** 31);
process.stdout.write(`${values.requests} requests, seed ${process.env.PAWL_FUZZ_SEED}\n`);
const vitest = await startVitest("test", ["apps/api/src/openapi/fuzz.test.ts"], {
  watch: false,
  testTimeout: 30 * 60_000,
});
await vitest.close();
