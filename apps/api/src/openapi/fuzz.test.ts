/** No request, however odd, is answered with a 5xx, nor with anything that the document does not say. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { whyNotConforming } from "../conformity.fixture.ts";
import { ownApi, work } from "../own-api.fixture.ts";
import { type FuzzedRequest, requestsOf } from "./fuzz-requests.fixture.ts";

const REQUESTS = Number(process.env.PAWL_FUZZ_REQUESTS ?? 1_500);
const SEED = Number(process.env.PAWL_FUZZ_SEED ?? 7);

const api = await ownApi();
const { body: document } = await api.call("/openapi.json");

/** Tasks in every state that matters to a route, deliveries and keys. */
async function thingsThatExist() {
  const hook = { webhook_url: "https://hooks.internal/x" };
  const tasks = await Promise.all(Array.from({ length: 6 }, () => api.submit(hook)));
  const [completed = "", stopped = "", failed = "", cancelled = "", running = ""] = tasks;
  await (await work(api.store, "default", completed)).complete();
  await (await work(api.store, "default", stopped)).stop("max_turns");
  await (await work(api.store, "default", failed)).fail();
  await (await work(api.store, "default", running)).say("on it");
  await api.call(`/v1/tasks/${cancelled}/cancel`, { method: "POST" });
  const deliveries = (await api.call("/v1/deliveries")).body.data.map(({ id }: { id: string }) => id);
  const key = await api.call("/v1/api-keys", { body: { tenant: "fuzzed" } });
  return { tasks, deliveries, "api-keys": [key.body.id], budgets: ["one", "default", "global"] };
}

const tally = new Map<number, number>();

async function faultOf({ method, path, headers, body }: FuzzedRequest): Promise<string | undefined> {
  const response = await api.open(path, { method, headers, ...(body === undefined ? {} : { body }) });
  tally.set(response.status, (tally.get(response.status) ?? 0) + 1);
  const type = response.headers.get("content-type") ?? "";
  const isStream = type.startsWith("text/event-stream");
  // Of a stream that lives its head is enough.
  if (isStream) await response.body?.cancel();
  const text = isStream ? "" : await response.text();
  if (response.status >= 500) return `${response.status}: ${text}`;
  return whyNotConforming(method, path, { status: response.status, type, text });
}

it(`${REQUESTS} requests drawn from the document are answered as it says, none with a 5xx`, async () => {
  const requests = requestsOf(document, await thingsThatExist());
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(await faultOf(request)).toBeUndefined();
    }),
    { numRuns: REQUESTS, seed: SEED, endOnFailure: REQUESTS > 5_000 },
  );
  // A fuzz that is refused at the door tests the door.
  const answered = [...tally].reduce((sum, [status, count]) => sum + (status < 300 ? count : 0), 0);
  expect(answered).toBeGreaterThan(REQUESTS / 5);
  process.stdout.write(`fuzz: ${JSON.stringify(Object.fromEntries([...tally].sort()))}\n`);
});
