import { createStreamRedactor } from "@pawl/guardrails";
import { openNotices } from "@pawl/store";
import { afterAll, expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { textStream } from "./text-stream.ts";

const store = await ownStore();
const notices = openNotices(store, () => {});
afterAll(() => notices.close());

/** Follows a task until `last` was heard. */
async function listen(task: string, last: string) {
  const texts: string[] = [];
  const heard = new Map<string, () => void>();
  const hear = (text: string) => new Promise<void>((resolve) => heard.set(text, resolve));
  const all = hear(last);
  await notices.follow("acme", task, (notice) => {
    if (notice.kind !== "text") return;
    texts.push(notice.text);
    heard.get(notice.text)?.();
  });
  return { texts, all, hear };
}

function streamOf(task: string, redactor: Parameters<typeof textStream>[0]["redactor"] = undefined) {
  return textStream({ store, tenant: "acme", task, redactor }, () => {});
}

it("sends what was gathered for a moment, and the rest when the reply is over", async () => {
  const { texts, all, hear } = await listen("task_1", "three");
  const stream = streamOf("task_1");
  const first = hear("one two ");
  stream.write("one ");
  stream.write("two ");
  await first;
  stream.write("three");
  stream.flush();
  await all;
  expect(texts).toEqual(["one two ", "three"]);
});

it("sends nothing of a reply that is over before anybody could read along", async () => {
  const { texts, all } = await listen("task_2", "the end");
  const over = streamOf("task_2");
  over.write("at once");
  over.flush();
  const next = streamOf("task_2");
  next.write("the end");
  await all;
  expect(texts).toEqual(["the end"]);
});

it("sends what the redactor lets go, once for all that was gathered, and at the end what it held back", async () => {
  const { texts, all, hear } = await listen("task_3", "at [EMAIL_REDACTED]");
  const redactor = createStreamRedactor([], {});
  const looks: string[] = [];
  const write = (chunk: string) => {
    looks.push(chunk);
    return redactor.write(chunk);
  };
  const stream = streamOf("task_3", { write, end: redactor.end });
  const first = hear("write ");
  for (const piece of ["wri", "te ", "a"]) stream.write(piece);
  await first;
  for (const piece of ["t ann@exa", "mple.com"]) stream.write(piece);
  stream.flush();
  await all;
  expect(texts).toEqual(["write ", "at [EMAIL_REDACTED]"]);
  expect(looks).toEqual(["write a", "t ann@example.com"]);
});
