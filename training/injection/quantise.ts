/**
 * Learnt weights → the int8 model of the package. One step size for all; what is less than
 * `LEAST_STEPS` is dropped, the rare weight beyond the last step is clipped: few steps keep the file small and cost nothing.
 */
import type { InjectionModel } from "../../packages/guardrails/src/injection/model.ts";
import type { Weights } from "./learn.ts";

/**
 * Chances from logits, set by `holdout.ts` and not by the data that was learnt from: at `middle` about one honest text
 * in a hundred and eighty of an unseen source is flagged.
 */
export const CALIBRATION = { middle: -0.05, slope: 1.5 };
const KEPT_SHARE = 0.9995;
const STEPS = 31;
/** The model for documents has many more weights, most of them small. */
const LEAST_STEPS = { prompt: 0.9, document: 2.5 };

export const quantise = ({ reading, slots, scales }: Weights, calibration = CALIBRATION): InjectionModel => {
  const sizes = slots
    .filter((weight) => weight !== 0)
    .map(Math.abs)
    .sort();
  const step = (sizes[Math.floor(sizes.length * KEPT_SHARE)] ?? 1) / STEPS;
  const inSteps = (weight: number) => {
    const steps = weight / step;
    return Math.abs(steps) < LEAST_STEPS[reading] ? 0 : Math.max(-127, Math.min(127, Math.round(steps)));
  };
  return { reading, weights: Int8Array.from(slots, inSteps), step, scales: [...scales], ...calibration };
};
