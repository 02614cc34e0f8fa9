import { expect, it } from "vitest";
import type { Task } from "../api/shapes.ts";
import { newestFirst, noTasks, withLook, withNews, withPage } from "./task-list.ts";

const task = (id: string, status: Task["status"] = "running") => ({ id, status }) as Task;
const ids = (list: Parameters<typeof newestFirst>[0]) => newestFirst(list).map(({ id }) => id);
const first = withPage(noTasks, { data: [task("d"), task("c"), task("b"), task("a")], next_cursor: null });

it("puts new tasks on top, and keeps what stands below a look", () => {
  const looked = withLook(first, [task("f"), task("e"), task("d"), task("c")], false);
  expect(ids(looked)).toEqual(["f", "e", "d", "c", "b", "a"]);
});

it("lets go of a task that a look covers and does not show: it has left the filter", () => {
  expect(ids(withLook(first, [task("e"), task("c")], false))).toEqual(["e", "c", "b", "a"]);
  expect(ids(withLook(first, [task("e")], true))).toEqual(["e"]);
  expect(ids(withLook(first, [], true))).toEqual([]);
});

it("takes in news of one task, and lets it go where it fits no more", () => {
  const news = [task("a", "completed"), task("b", "running")];
  expect(ids(withNews(first, news, ({ status }) => status === "running"))).toEqual(["d", "c", "b"]);
});
