/**
 * Followers wake by notice and read by cursor: a script publishes a task's newest seq on the task's own
 * channel, and whoever follows reads the journal from where he stands. A lost notice costs time, never an
 * event: followers look again on their own from time to time. Text as it is being written travels the same
 * channel, marked, and is never journalled. One connection serves all followers of a process.
 */

import { connectRedis } from "./connect.ts";
import { globalKeys, key, tenantOfBase } from "./keys.ts";
import type { Store } from "./store.ts";

const TEXT_MARK = "text:";

export type Notice = { kind: "journal"; seq: number } | { kind: "text"; text: string };

export type Notices = {
  /** Calls `listener` for each notice of the task until the returned function is called. */
  follow(tenant: string, task: string, listener: (notice: Notice) => void): Promise<() => void>;
  /** Calls `listener` for each task that was ended from outside: its worker must stop at once. */
  onEnded(listener: (ended: { tenant: string; task: string }) => void): Promise<void>;
  /** Calls `listener` with what workers tell each other of the health of providers and tools, own words included. */
  onHealth(listener: (message: string) => void): Promise<void>;
  close(): void;
};

export function openNotices(store: Store, onError: (error: Error) => void): Notices {
  // A subscriber resubscribes by itself after an outage; it must wait as long as that takes.
  const connection = connectRedis(store.address, { failFast: false, onError });
  type Channel = { listeners: Set<(message: string) => void>; subscribed: Promise<unknown> };
  const channels = new Map<string, Channel>();
  connection.on("message", (channel: string, message: string) => {
    for (const listener of channels.get(channel)?.listeners ?? []) listener(message);
  });

  async function subscribe(channel: string, listener: (message: string) => void): Promise<() => void> {
    const entry = channels.get(channel) ?? {
      listeners: new Set(),
      subscribed: connection.subscribe(channel),
    };
    entry.listeners.add(listener);
    channels.set(channel, entry);
    const leave = () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size > 0 || channels.get(channel) !== entry) return;
      channels.delete(channel);
      connection.unsubscribe(channel).catch(onError);
    };
    try {
      // A second follower must not believe that he listens before the first one's subscription stands.
      await entry.subscribed;
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  return {
    follow: (tenant, task, listener) =>
      subscribe(key(tenant, "notice", task), (message) =>
        listener(
          message.startsWith(TEXT_MARK)
            ? { kind: "text", text: message.slice(TEXT_MARK.length) }
            : { kind: "journal", seq: Number(message) },
        ),
      ),
    async onEnded(listener) {
      await subscribe(globalKeys.controlChannel, (message) => {
        const [base = "", task = ""] = message.split("\n");
        listener({ tenant: tenantOfBase(base), task });
      });
    },
    async onHealth(listener) {
      await subscribe(globalKeys.healthChannel, listener);
    },
    close: () => connection.disconnect(),
  };
}

/** Tells every worker. A lost word costs time only: each of them finds out for itself. */
export async function publishHealth(store: Store, message: string): Promise<void> {
  await store.redis.publish(globalKeys.healthChannel, message);
}

/** Sends text as it is being written to whoever follows the task right now. Lost text is no loss. */
export async function publishText(store: Store, tenant: string, task: string, text: string): Promise<void> {
  await store.redis.publish(key(tenant, "notice", task), TEXT_MARK + text);
}
