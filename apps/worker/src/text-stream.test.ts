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

it("sends what was gathered for a moment, and the rest when the reply is over", async () => {
  const { texts, all, hear } = await listen("task_1", "three");
  const stream = textStream(store, "acme", "task_1", () => {});
  const first = hear("one two ");
  stream.write("one ");
  stream.write("two ");
  await first;
  stream.write("three");
  stream.flush();
  stream.flush();
  await all;
  expect(texts).toEqual(["one two ", "three"]);
});

it("sends nothing of a reply that is over before anybody could read along", async () => {
  const { texts, all } = await listen("task_2", "the end");
  const stream = textStream(store, "acme", "task_2", () => {});
  stream.write("at once");
  stream.flush();
  stream.write("the end");
  await all;
  expect(texts).toEqual(["the end"]);
});
