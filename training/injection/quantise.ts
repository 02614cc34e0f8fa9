/** Learnt weights → the int8 model of the package. One step size for all; the rare weight beyond it is clipped. */
import type { InjectionModel } from "../../packages/guardrails/src/injection/model.ts";
import type { Weights } from "./learn.ts";

/**
 * Chances from logits, set by `holdout.ts` and not by the data that was learnt from: at `middle` about one honest text
 * in a hundred and eighty of an unseen source is flagged.
 */
export const CALIBRATION = { middle: -0.05, slope: 1.5 };
const KEPT_SHARE = 0.9999;

export const quantise = ({ slots, scales }: Weights, calibration = CALIBRATION): InjectionModel => {
  const sizes = slots
    .filter((weight) => weight !== 0)
    .map(Math.abs)
    .sort();
  const step = (sizes[Math.floor(sizes.length * KEPT_SHARE)] ?? 1) / 127;
  return {
    weights: Int8Array.from(slots, (weight) => Math.max(-127, Math.min(127, Math.round(weight / step)))),
    step,
    scales: [...scales],
    ...calibration,
  };
};
