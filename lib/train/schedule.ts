/**
 * The learning rate over the steps of a run.
 *
 * @module
 */
import type { TrainOptions } from "./options.ts";

export type ScheduleOptions = Pick<
  TrainOptions,
  "learningRate" | "schedule" | "warmupEpochs" | "epochs"
>;

/** A way from one learning rate to a schedule: a straight line over some steps. */
export interface Ramp {
  /** The step that it begins with, counted from 0. */
  readonly step: number;
  /** The learning rate of the step before. */
  readonly rate: number;
  /** How many steps the schedule takes. */
  readonly steps: number;
}

/**
 * The learning rate of `step`, counted from 0 over all `epochs · stepsPerEpoch` steps.
 *
 * With W warm-up steps and T steps in all, peak η: η·(s + 1)/W for s < W; after that η (constant),
 * or η·½(1 + cos(π·(s − W)/(T − W))) (cosine; Loshchilov & Hutter 2017, arXiv:1608.03983, without
 * restarts). `maxSteps` stops a run early and does not change its schedule. On a ramp of R steps from
 * the rate ρ at step r, the rate is ρ + (η(s) − ρ)·(s − r + 1)/R: re-warming, as in continued
 * training (Ibrahim et al. 2024, arXiv:2403.08763).
 */
export function learningRateAt(
  step: number,
  stepsPerEpoch: number,
  options: ScheduleOptions,
  ramp?: Ramp,
): number {
  if (ramp && step >= ramp.step && step < ramp.step + ramp.steps) {
    const rate = learningRateAt(step, stepsPerEpoch, options);
    return ramp.rate + (rate - ramp.rate) * (step - ramp.step + 1) / ramp.steps;
  }
  const { learningRate, schedule, warmupEpochs, epochs } = options;
  const warmup = Math.min(Math.round(warmupEpochs * stepsPerEpoch), epochs * stepsPerEpoch);
  if (step < warmup) return learningRate * (step + 1) / warmup;
  if (schedule === "constant") return learningRate;
  const done = (step - warmup) / (epochs * stepsPerEpoch - warmup);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(done, 1)));
}
