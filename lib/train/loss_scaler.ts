/**
 * Dynamic loss scaling (Micikevicius et al. 2018, arXiv:1710.03740): the loss is multiplied by a
 * power of two, so that gradients do not vanish in float16, and they are divided by it again. Where
 * one has overflowed the step is skipped and the scale halved; after many good steps it is doubled.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { TrainingError } from "../errors.ts";
import { runKernel } from "../kernels/calls.ts";
import type { TrainOptions } from "./options.ts";

/** PyTorch's, as are the halving and doubling. */
const FIRST_SCALE = 2 ** 16, GOOD_STEPS = 2000;

/** All that a scaler remembers; whole numbers. */
export interface ScalerState {
  /** What the loss is multiplied by. */
  scale: number;
  /** Steps without overflow since the scale last changed. */
  good: number;
  /** How many steps were skipped since training began. */
  skipped: number;
}

/** The scale of the loss, for training in mixed precision; else 1, always. */
export class LossScaler {
  /** What is saved with a run. */
  readonly state: ScalerState;
  readonly #dynamic: boolean;

  /** At the start of a run. */
  constructor({ precision }: Pick<TrainOptions, "precision">) {
    this.#dynamic = precision === "mixed";
    this.state = { scale: this.#dynamic ? FIRST_SCALE : 1, good: 0, skipped: 0 };
  }

  /** Takes the numbers of a saved state, by their names; what has none, or was not saved, stays. */
  restore(saved: (name: keyof ScalerState) => number): void {
    if (!this.#dynamic) return;
    for (const name of ["scale", "good", "skipped"] as const) {
      const value = saved(name);
      if (Number.isFinite(value)) this.state[name] = value;
    }
  }

  /**
   * Divides the gradients by the scale, in their map, and sets the next scale. False where a
   * gradient is not finite, and so the step is to be skipped.
   *
   * Waits for the device, which float32 does not: the next step depends on the answer.
   *
   * @throws {TrainingError} where gradients overflow without being scaled
   */
  async unscale(grads: tf.NamedTensorMap): Promise<boolean> {
    if (!this.#dynamic) return true;
    const { state } = this;
    const factor = 1 / state.scale;
    const [overflow, ...unscaled] = runKernel("UnscaleGradients", grads, { factor });
    for (const [i, name] of Object.keys(grads).entries()) {
      grads[name].dispose();
      grads[name] = unscaled[i];
    }
    const [overflowed] = await overflow.data();
    overflow.dispose();
    if (!overflowed) {
      if (++state.good === GOOD_STEPS) {
        state.scale *= 2;
        state.good = 0;
      }
      return true;
    }
    if (state.scale <= 1) {
      throw new TrainingError({
        act: "continue in mixed precision",
        rule: "gradients must fit float16 even when the loss is not scaled",
        got: "an infinite one",
        next: "Choose a smaller --learning_rate, or --precision=float32.",
      });
    }
    state.scale /= 2;
    state.good = 0;
    state.skipped++;
    return false;
  }
}
