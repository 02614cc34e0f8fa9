import { openNotices } from "@pawl/store";
import { afterAll, expect, it } from "vitest";
import { ownStore } from "../../../test/support/store.ts";
import { textStream } from "./text-stream.ts";

const store = await ownStore();
const notices = openNotices(store, () => {});
afterAll(() => notices.close());

it("sends what was gathered in order, and the rest when the reply is over", async () => {
  const texts: string[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await notices.follow("acme", "task_1", (notice) => {
    if (notice.kind === "text") texts.push(notice.text);
    if (texts.join("") === "one two three") resolve();
  });
  const stream = textStream(store, "acme", "task_1", () => {});
  stream.write("one ");
  stream.write("two ");
  stream.flush();
  stream.write("three");
  stream.flush();
  stream.flush();
  await all;
  expect(texts).toEqual(["one two ", "three"]);
});
