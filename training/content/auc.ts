/** How often a text that shows something scores above one that does not; ties count half. */
export function auc(positives: readonly number[], negatives: readonly number[]): number {
  const ranked = [
    ...positives.map((score) => ({ score, positive: true })),
    ...negatives.map((score) => ({ score, positive: false })),
  ].sort((a, b) => a.score - b.score);
  let rankSum = 0;
  for (let at = 0; at < ranked.length; ) {
    let end = at;
    while (end < ranked.length && ranked[end]?.score === ranked[at]?.score) end++;
    const rank = (at + 1 + end) / 2;
    for (; at < end; at++) if (ranked[at]?.positive) rankSum += rank;
  }
  const n = positives.length;
  return (rankSum - (n * (n + 1)) / 2) / (n * negatives.length);
}
