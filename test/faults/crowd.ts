/** All callers together: a steady stream of new ones while the faults go on, then everybody gets what he came for. */
import { script } from "../support/simulator-script.ts";
import { act, type Caller, type CallerDeps, newCaller, submit } from "./caller.ts";
import { type Followed, followTask } from "./follower.ts";
import type { Random } from "./random.ts";
import { planTask } from "./task-plan.ts";

export type Crowd = {
  callers: readonly Caller[];
  followed: readonly Followed[];
  /** No new ones. */
  stop(): void;
  /** Resolves when each has been answered, asked once more with his key, and done what he meant to do later. */
  allServed(): Promise<void>;
};

export type CrowdOptions = {
  random: Random;
  tasksPerSecond: number;
  apiUrl: string;
  simulatorUrl: string;
  webhookUrl: string;
  whenHealed: Promise<void>;
  signal: AbortSignal;
};

const SERVED_AT_ONCE = 10;

export function gatherCrowd(options: CrowdOptions): Crowd {
  const { tasksPerSecond, apiUrl, signal } = options;
  const callers: Caller[] = [];
  const followed: Followed[] = [];
  const busy: Promise<unknown>[] = [];
  const gaps = options.random.fork("gaps");
  let timer: NodeJS.Timeout;

  async function serve(caller: Caller, deps: CallerDeps): Promise<void> {
    await script({ simulator: { url: options.simulatorUrl } }, caller.plan.steps);
    const acting = act(caller, deps);
    if (caller.plan.isFollowed) busy.push(follow(caller, acting));
    await acting;
  }

  /** From the moment that he knows its id. */
  async function follow(caller: Caller, acting: Promise<void>): Promise<void> {
    let isOver = false;
    void acting.then(() => {
      isOver = true;
    });
    while (caller.ids.size === 0 && !isOver && !signal.aborted)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const [task] = caller.ids;
    if (task !== undefined) followed.push(await followTask(apiUrl, task, signal));
  }

  function depsOf(caller: Caller): CallerDeps {
    const { whenHealed } = options;
    return { apiUrl, signal, whenHealed, random: options.random.fork(`asks ${caller.plan.word}`) };
  }

  function invite(): void {
    const number = callers.length + 1;
    const caller = newCaller(planTask(options.random.fork(`task ${number}`), number, options.webhookUrl));
    callers.push(caller);
    const served = serve(caller, depsOf(caller));
    // Whoever waits for all of them hears of it.
    served.catch(() => {});
    busy.push(served);
    timer = setTimeout(invite, (2 * 1000 * gaps.next()) / tasksPerSecond);
  }
  invite();

  return {
    callers,
    followed,
    stop: () => clearTimeout(timer),
    async allServed() {
      const waiting = [...callers];
      const serveRest = async () => {
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
          await submit(next, depsOf(next));
      };
      await Promise.all(Array.from({ length: SERVED_AT_ONCE }, serveRest));
      // Followers join while their callers are being served.
      for (let seen = 0; seen < busy.length; ) {
        seen = busy.length;
        await Promise.all(busy);
      }
    },
  };
}
