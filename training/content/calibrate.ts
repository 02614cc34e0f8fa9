/**
 * Scores that mean something. The slope comes from texts that the model was not trained on (two halves, each judged by a
 * model of the other); the shift puts 0.5 where one in three hundred honest texts of other sources arrives, not where a
 * slice of the training data would have it.
 */
import { contentCategories } from "../../packages/guardrails/src/content/category.ts";

export const honestShareAtHalf = 1 / 300;

/** The two halves have sources in common, so the slope they give is too steep for texts from elsewhere: half of it. */
const slopeElsewhere = 0.5;

export type Scale = { slope: number[]; shift: number[] };

/** Logits are rows by category; `labels` as in the rows that they belong to. */
export function fitScale(
  logits: readonly (readonly number[])[],
  labels: readonly (readonly (0 | 1 | undefined)[])[],
  honestLogits: readonly (readonly number[])[],
): Scale {
  const slope = contentCategories.map((_, category) => {
    const known = logits
      .map((row, at) => ({ logit: row[category] ?? 0, label: labels[at]?.[category] }))
      .filter((row): row is { logit: number; label: 0 | 1 } => row.label !== undefined);
    return slopeElsewhere * fitSlope(known);
  });
  const shift = contentCategories.map((_, category) => {
    const scores = honestLogits.map((row) => row[category] ?? 0).sort((a, b) => b - a);
    const atHalf = scores[Math.floor(scores.length * honestShareAtHalf)] ?? 0;
    return -(slope[category] ?? 1) * atHalf;
  });
  return { slope, shift };
}

/** Platt's: logistic regression on one number, by Newton's method. */
function fitSlope(rows: readonly { logit: number; label: 0 | 1 }[]): number {
  let slope = 1;
  let shift = 0;
  for (let round = 0; round < 30; round++) {
    let [gs, gb, hss, hsb, hbb] = [0, 0, 1e-6, 0, 1e-6];
    for (const { logit, label } of rows) {
      const p = 1 / (1 + Math.exp(-(slope * logit + shift)));
      const error = p - label;
      const spread = p * (1 - p);
      gs += error * logit;
      gb += error;
      hss += spread * logit * logit;
      hsb += spread * logit;
      hbb += spread;
    }
    const determinant = hss * hbb - hsb * hsb;
    slope -= (hbb * gs - hsb * gb) / determinant;
    shift -= (hss * gb - hsb * gs) / determinant;
  }
  return slope;
}
