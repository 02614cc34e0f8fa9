/** Lets go of a wait when a signal is aborted; the work that was waited for goes on unobserved. */

/** What is awaited, unless the signal is aborted first. */
export async function orAbort<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    awaited.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
