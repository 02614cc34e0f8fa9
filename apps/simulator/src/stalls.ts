// The replies that stand still until somebody lets go of them.

export type Stalls = {
  /** Resolves on the next release, or when `gone` aborts. */
  wait(gone: AbortSignal): Promise<void>;
  count(): number;
  /** Lets go of all and returns how many there were. */
  release(): number;
};

export function createStalls(): Stalls {
  const waiting = new Set<() => void>();
  return {
    wait(gone) {
      if (gone.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          waiting.delete(done);
          gone.removeEventListener("abort", done);
          resolve();
        };
        waiting.add(done);
        gone.addEventListener("abort", done);
      });
    },
    count: () => waiting.size,
    release() {
      const all = [...waiting];
      for (const done of all) done();
      return all.length;
    },
  };
}
