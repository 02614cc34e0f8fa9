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
  // Models load and functions get compiled outside the clock.
  for (const { text } of samples.slice(0, 20)) await rate(text);
  const rated: { readonly sample: Sample; readonly score: number }[] = [];
  const beganMs = performance.now();
  for (const sample of samples) {
    const score = rate(sample.text);
    rated.push({ sample, score: typeof score === "number" ? score : await score });
  }
  const tookMs = performance.now() - beganMs;
  const bytes = samples.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const share = (list: typeof rated) =>
    list.length === 0 ? undefined : list.filter(({ score }) => score >= alarmFrom).length / list.length;
  const groups = Map.groupBy(rated, ({ sample }) => `${sample.bad} ${sample.source}`);
  return {
    name,
    recall: share(rated.filter(({ sample }) => sample.bad)),
    falseAlarms: share(rated.filter(({ sample }) => !sample.bad)),
    auc: aucOf(rated.map(({ sample, score }) => ({ bad: sample.bad, score }))),
    microsPerKb: (tookMs * 1000) / Math.max(1, bytes / 1024),
    bySource: [...groups.values()].map((list) => ({
      source: list[0]?.sample.source ?? "",
      bad: list[0]?.sample.bad ?? false,
      count: list.length,
      alarms: share(list) ?? 0,
    })),
  };
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
