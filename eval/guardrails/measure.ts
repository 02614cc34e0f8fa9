/** A rater's figures over labelled texts: what it catches, where it gives false alarms, how well it ranks, how long it takes. */
import type { Rater, Sample } from "./section.ts";

export type Measures = {
  readonly name: string;
  /** Over all sources; undefined where there are no such texts. */
  readonly recall: number | undefined;
  readonly falseAlarms: number | undefined;
  /** The chance that a bad text is rated above an honest one. */
  readonly auc: number | undefined;
  readonly microsPerKb: number;
  /** The share of alarms in each source: recall of bad texts, false alarms of honest ones. */
  readonly bySource: readonly {
    readonly source: string;
    readonly bad: boolean;
    readonly count: number;
    readonly alarms: number;
  }[];
};

export async function measure(
  { name, rate, alarmFrom }: Rater,
  samples: readonly Sample[],
): Promise<Measures> {
  const microsPerKb = await timed(rate, samples);
  const rated: { readonly sample: Sample; readonly score: number }[] = [];
  for (const sample of samples) rated.push({ sample, score: await rate(sample.text) });
  const share = (list: typeof rated) =>
    list.length === 0 ? undefined : list.filter(({ score }) => score >= alarmFrom).length / list.length;
  const groups = Map.groupBy(rated, ({ sample }) => `${sample.bad} ${sample.source}`);
  return {
    name,
    recall: share(rated.filter(({ sample }) => sample.bad)),
    falseAlarms: share(rated.filter(({ sample }) => !sample.bad)),
    auc: aucOf(rated.map(({ sample, score }) => ({ bad: sample.bad, score }))),
    microsPerKb,
    bySource: [...groups.values()].map((list) => ({
      source: list[0]?.sample.source ?? "",
      bad: list[0]?.sample.bad ?? false,
      count: list.length,
      alarms: share(list) ?? 0,
    })),
  };
}

const WARM_UP_MS = 500;

/** Every other text, seen for the first time by a process that has run for a while: the rest warms it up. */
async function timed(rate: Rater["rate"], samples: readonly Sample[]): Promise<number> {
  const [warming, fresh] = [0, 1].map((half) => samples.filter((_, at) => at % 2 === half));
  const untilMs = performance.now() + WARM_UP_MS;
  do for (const { text } of warming ?? []) await rate(text);
  while (performance.now() < untilMs);
  const beganMs = performance.now();
  for (const { text } of fresh ?? []) {
    const score = rate(text);
    if (typeof score !== "number") await score;
  }
  const tookMs = performance.now() - beganMs;
  const bytes = (fresh ?? []).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return (tookMs * 1000) / Math.max(1, bytes / 1024);
}

/** By ranks, ties counting half; undefined without texts of both kinds. */
export function aucOf(
  rated: readonly { readonly bad: boolean; readonly score: number }[],
): number | undefined {
  const inOrder = [...rated].sort((a, b) => a.score - b.score);
  const bad = inOrder.filter((one) => one.bad).length;
  const honest = inOrder.length - bad;
  if (bad === 0 || honest === 0) return undefined;
  let ranks = 0;
  for (let from = 0; from < inOrder.length; ) {
    let to = from;
    while (to < inOrder.length && inOrder[to]?.score === inOrder[from]?.score) to += 1;
    ranks += ((from + 1 + to) / 2) * inOrder.slice(from, to).filter((one) => one.bad).length;
    from = to;
  }
  return (ranks - (bad * (bad + 1)) / 2) / (bad * honest);
}
