/** How many tasks per second a system takes in and finishes: from the first submit to the end of the last. */
import { inParallel } from "./rounds.ts";

/** Whoever performs the tasks calls `one` at the end of each. */
export type Finish = { one: () => void };

export async function tasksPerSecond(options: {
  tasks: number;
  submitters: number;
  submit: () => Promise<unknown>;
  finish: Finish;
}): Promise<number> {
  const { tasks, submitters, submit, finish } = options;
  const { promise: allDone, resolve } = Promise.withResolvers<void>();
  let left = tasks;
  finish.one = () => {
    left -= 1;
    if (left === 0) resolve();
  };
  const startedAtMs = performance.now();
  await inParallel(tasks, submitters, async () => {
    await submit();
  });
  await allDone;
  return (tasks / (performance.now() - startedAtMs)) * 1000;
}
