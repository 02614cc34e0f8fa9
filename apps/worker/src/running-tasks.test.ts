import { describe, expect, it } from "vitest";
import { runningTasks } from "./running-tasks.ts";

function entry(task: string, leg = 1, tenant = "acme") {
  const heard: string[] = [];
  return { task, leg, tenant, heard, interrupt: (kind: string) => void heard.push(kind) };
}

describe("running tasks", () => {
  it("are interrupted by task, leg and tenant", () => {
    const running = runningTasks();
    const [mine, stale, foreign] = [entry("task_1", 2), entry("task_1", 1), entry("task_1", 2, "other")];
    for (const one of [mine, stale, foreign]) running.enter(one);
    running.interrupt({ tenant: "acme", task: "task_1", leg: 2 }, "lost");
    expect([mine.heard, stale.heard, foreign.heard]).toEqual([["lost"], [], []]);
  });

  it("are left with their own entry, whatever else of the task is there", () => {
    const running = runningTasks();
    const [first, second] = [entry("task_1", 1), entry("task_1", 2)];
    const leave = running.enter(first);
    running.enter(second);
    leave();
    leave();
    running.interrupt({ task: "task_1" }, "lost");
    expect([first.heard, second.heard]).toEqual([[], ["lost"]]);
    expect(running.size()).toBe(1);
  });

  it("that enter after everybody was interrupted hear of it at once: their claim was under way", () => {
    const running = runningTasks();
    running.interruptAll("shutdown");
    const late = entry("task_2");
    running.enter(late);
    expect(late.heard).toEqual(["shutdown"]);
  });
});
