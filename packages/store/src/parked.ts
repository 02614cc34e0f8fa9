/**
 * What the journal says of a task that waits for money. Which of these it is only the script knows, and scripts never
 * look into events: so it is handed all of them.
 */
import { type NewEvent, WindowName, type Windows } from "@pawl/protocol";
import type { Codec } from "./codec.ts";
import type { ScriptArgument } from "./scripts.ts";

let encoded: { windows: Windows; codec: Codec; argument: ScriptArgument } | undefined;

/**
 * The events for others' holds, the hour, the day, the month and the total; then the one that wakes. They go with every
 * hold and are hardly ever needed: one argument costs Redis less than six, line.lua says how it reads it.
 */
export function parkedArgument(codec: Codec, windows: Windows): ScriptArgument {
  if (encoded?.windows !== windows || encoded.codec !== codec) {
    const events: NewEvent[] = [
      { type: "task.waiting", data: { for: "budget" } },
      ...WindowName.options.map((window): NewEvent => {
        const until = windows[window].endsAtMs;
        return { type: "task.waiting", data: { for: "budget", window, ...(until > 0 ? { until } : {}) } };
      }),
      { type: "task.resumed", data: { because: "budget" } },
    ];
    encoded = { windows, codec, argument: packed(events.map(codec.encode)) };
  }
  return encoded.argument;
}

function packed(events: readonly (Buffer | string)[]): ScriptArgument {
  const lengths = events.map((event) => Buffer.byteLength(event)).join(" ");
  if (events.every((event) => typeof event === "string")) return `${lengths}\n${events.join("")}`;
  return Buffer.concat([`${lengths}\n`, ...events].map((part) => Buffer.from(part)));
}
