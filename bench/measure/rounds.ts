/**
 * Interleaved rounds: ours, reference, ours, reference …, because this machine is noisy and whoever shares it does
 * not say when. One round of each goes first and is not counted: it warms code, connections and caches.
 */
export type Contestant = { name: string; measure: () => Promise<number> };
export type Measured = { name: string; values: number[] };

export async function interleave(
  contestants: readonly Contestant[],
  { rounds, say }: { rounds: number; say: (line: string) => void },
): Promise<Measured[]> {
  const measured = contestants.map(({ name }): Measured => ({ name, values: [] }));
  for (let round = 0; round <= rounds; round += 1) {
    const said: string[] = [];
    for (const [i, { name, measure }] of contestants.entries()) {
      const value = await measure();
      if (round > 0) measured[i]?.values.push(value);
      said.push(`${name} ${value.toPrecision(4)}`);
    }
    say(`${round === 0 ? "warm-up" : `round ${round}`}: ${said.join(", ")}`);
  }
  return measured;
}

/** Runs `work` for 0..count-1, at most `width` at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}
