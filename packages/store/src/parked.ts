/**
 * What the journal says of a task that waits for money. Which of these it is only the script knows, and scripts never
 * look into events: so it is handed all of them.
 */
import { type NewEvent, WindowName, type Windows } from "@pawl/protocol";
import type { Codec } from "./codec.ts";
import type { ScriptArgument } from "./scripts.ts";

const WOKEN: NewEvent = { type: "task.resumed", data: { because: "budget" } };

let encoded: { windows: Windows; codec: Codec; argv: ScriptArgument[] } | undefined;

/** The events for others' holds, the hour, the day, the month and the total; then the one that wakes. */
export function parkedArguments(codec: Codec, windows: Windows): ScriptArgument[] {
  if (encoded?.windows !== windows || encoded.codec !== codec) {
    const events: NewEvent[] = [
      { type: "task.waiting", data: { for: "budget" } },
      ...WindowName.options.map((window): NewEvent => {
        const until = windows[window].endsAtMs;
        return { type: "task.waiting", data: { for: "budget", window, ...(until > 0 ? { until } : {}) } };
      }),
    ];
    const [woken, ...parked] = [WOKEN, ...events].map(codec.encode);
    encoded = { windows, codec, argv: [parked.length, ...parked, woken ?? ""] };
  }
  return encoded.argv;
}
