// How many tokens a model takes in one request, its answer included, as it is without beta headers. The loop clears
// old tool results and sums up before it ends, so a number that is too low costs some memory of the task, and one
// that is too high costs the task: where no page says more, it is 200,000.
//
// `context-windows.json` names the source of each row; the configuration's own numbers go first.

import rows from "./context-windows.json" with { type: "json" };

/** What every model of the last years has. */
export const DEFAULT_CONTEXT_WINDOW_TOKENS = 200_000;

/** In tokens. `contextWindows` are the configuration's own, by model. */
export function contextWindowOf(
  model: string,
  { contextWindows }: { readonly contextWindows: Readonly<Record<string, number>> },
): number {
  const own = Object.hasOwn(contextWindows, model) ? contextWindows[model] : undefined;
  return own ?? rows.find((row) => row.model === model)?.tokens ?? DEFAULT_CONTEXT_WINDOW_TOKENS;
}
