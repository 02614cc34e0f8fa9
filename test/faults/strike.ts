/** Carries out a schedule: each strike at its moment, and what it needs to end by itself again. */
import type { Arena, Member } from "./arena.ts";
import type { Strike } from "./schedule.ts";

export type Strikes = {
  /** What has been done so far, in order. */
  done: readonly Strike[];
  /** No further one begins; resolves when the last that was begun has ended. */
  stop(): Promise<void>;
  /** No further one begins, and nothing is healed. */
  cancel(): void;
};

export function carryOut(
  schedule: readonly Strike[],
  arena: Arena,
  onError: (error: unknown) => void,
): Strikes {
  const done: Strike[] = [];
  const underWay = new Set<Promise<void>>();
  const timers = schedule.map((strike) =>
    setTimeout(() => {
      done.push(strike);
      const ended = carryOutOne(strike, arena)
        .catch(onError)
        .finally(() => underWay.delete(ended));
      underWay.add(ended);
    }, strike.atMs),
  );
  const cancel = () => {
    for (const timer of timers) clearTimeout(timer);
  };
  return {
    done,
    cancel,
    async stop() {
      cancel();
      // Healing cuts short what lasts; here nothing is left that could strike again.
      await Promise.all([arena.heal(), ...underWay]);
      await arena.heal();
    },
  };
}

async function carryOutOne(strike: Strike, arena: Arena): Promise<void> {
  switch (strike.kind) {
    case "kill":
      return member(arena, strike.target).strike("SIGKILL", strike.downMs);
    case "terminate":
      return member(arena, strike.target).strike("SIGTERM", strike.downMs);
    case "pause":
      return member(arena, strike.target).pause(strike.forMs);
    case "kill-redis":
      return arena.redis.kill(strike.downMs);
    case "pause-redis":
      return arena.redis.pause(strike.forMs);
    case "drop-replies":
      return member(arena, strike.target).proxy.dropReplies(strike.count);
    case "cut":
      member(arena, strike.target).proxy.cut(strike.choice);
      return;
    case "silence":
    case "partition": {
      const { proxy } = member(arena, strike.target);
      const thaw = strike.kind === "silence" ? proxy.freezeOne(strike.choice) : proxy.freezeAll();
      await new Promise((resolve) => setTimeout(resolve, strike.forMs));
      thaw?.(strike.thaw);
      return;
    }
    case "release-stalls":
      return releaseStalls(arena);
  }
}

export async function releaseStalls({ simulator }: Pick<Arena, "simulator">): Promise<void> {
  await fetch(`${simulator.url}/control/release`, { method: "POST" });
}

function member({ api, workers }: Arena, name: string): Member {
  const found = [api, ...workers].find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`nobody here is called ${name}`);
  return found;
}
