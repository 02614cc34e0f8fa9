/** How late a short timer fires: what a heartbeat, a lock's renewal or a request has to wait for. */
export type LagProbe = {
  /** The samples so far, in ms, and a new start. */
  take(): number[];
  stop(): void;
};

const EVERY_MS = 5;

export function watchEventLoop(): LagProbe {
  let samples: number[] = [];
  let timer: NodeJS.Timeout;
  const arm = () => {
    const dueAtMs = performance.now() + EVERY_MS;
    timer = setTimeout(() => {
      samples.push(Math.max(0, performance.now() - dueAtMs));
      arm();
    }, EVERY_MS);
  };
  arm();
  return {
    take() {
      const taken = samples;
      samples = [];
      return taken;
    },
    stop: () => clearTimeout(timer),
  };
}
