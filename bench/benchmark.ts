/**
 * What every benchmark is: a name, the figures it yields, the fsync policies it runs under, and a function that
 * measures. Adding one: copy a neighbour, put it on the list in `benchmarks.ts`.
 */
export type FsyncPolicy = "everysec" | "always";

export type Benchmark = {
  name: string;
  /** The names of its figures under `everysec`; under `always` they end in `_always`. */
  figures: readonly [string, ...string[]];
  policies: readonly [FsyncPolicy, ...FsyncPolicy[]];
  /** Far longer than it needs; past it the benchmark is ended and counts as failed. */
  limitS: number;
  run(bench: Bench): Promise<Figure[]>;
};

export type Bench = {
  policy: FsyncPolicy;
  /** A private Redis under that policy, empty at the start. */
  redisUrl: string;
  /** A folder for files, gone afterwards. */
  dir: string;
  /** Progress, for whoever waits. */
  say: (line: string) => void;
};

export type Figure = {
  name: string;
  /** null: it could not be measured; `note` says why. */
  value: number | null;
  unit: string;
  /** The first reference, in the same unit, measured in the same run. */
  reference: number | null;
  /** value / reference. */
  ratio: number | null;
  /** The floor in the value's unit; where the floor is a ratio, it is that share of this run's reference. */
  target: number | null;
  ok: boolean | null;
  /** What the references are, further ones, how far the rounds lay apart. */
  note: string;
};

export type Floor = {
  atLeast?: number;
  atMost?: number;
  /** Of the first reference. */
  ratioAtLeast?: number;
  ratioAtMost?: number;
  /** Whatever else must hold, such as that nothing was started twice. */
  also?: boolean;
};

export function figure(
  measured: { name: string; value: number; unit: string; reference?: number; note?: string },
  floor: Floor = {},
): Figure {
  const { name, value, unit, reference, note = "" } = measured;
  const least = [floor.atLeast, scaled(floor.ratioAtLeast, reference)].filter((n) => n !== undefined);
  const most = [floor.atMost, scaled(floor.ratioAtMost, reference)].filter((n) => n !== undefined);
  const target = least.length > 0 ? Math.max(...least) : most.length > 0 ? Math.min(...most) : undefined;
  const holds = least.every((n) => value >= n) && most.every((n) => value <= n) && floor.also !== false;
  return {
    name,
    value: rounded(value),
    unit,
    reference: reference === undefined ? null : rounded(reference),
    ratio: reference === undefined || reference === 0 ? null : rounded(value / reference),
    target: target === undefined ? null : rounded(target),
    ok: target === undefined && floor.also === undefined ? null : holds,
    note,
  };
}

export function named(figureName: string, policy: FsyncPolicy): string {
  return policy === "always" ? `${figureName}_always` : figureName;
}

/** In place of a figure that could not be had. */
export function failedFigure(name: string, why: string): Figure {
  return { name, value: null, unit: "", reference: null, ratio: null, target: null, ok: false, note: why };
}

function scaled(share: number | undefined, reference: number | undefined): number | undefined {
  return share === undefined || reference === undefined ? undefined : share * reference;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
