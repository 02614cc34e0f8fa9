import { expect, it } from "vitest";
import { ownApi } from "./own-api.fixture.ts";

const api = await ownApi();

async function metric(name: string, ...labels: string[]): Promise<number> {
  const { text } = await api.call("/metrics", { key: null });
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
  const line = lines.find((candidate) => labels.every((label) => candidate.includes(label)));
  return Number(line?.split(" ").at(-1) ?? 0);
}

it("counts requests by the route in the code, never by what was asked", async () => {
  await api.submit();
  await api.call("/v1/tasks/task_00000000000000000000000000");
  await api.call("/secret-path-of-a-caller");
  expect(await metric("pawl_http_requests_total", 'route="/v1/tasks"', 'method="POST"', 'status="202"')).toBe(
    1,
  );
  expect(await metric("pawl_http_requests_total", 'route="/v1/tasks/:id"', 'status="404"')).toBe(1);
  const { text, headers } = await api.call("/metrics", { key: null });
  expect(text).not.toContain("secret-path");
  expect(headers.get("content-type")).toContain("text/plain");
});

it("tells how deep the queues are", async () => {
  expect(await metric("pawl_queue_jobs", 'queue="normal"', 'state="waiting"')).toBe(1);
  expect(await metric("pawl_queue_jobs", 'queue="webhooks"', 'state="active"')).toBe(0);
});
