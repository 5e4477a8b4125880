/**
 * Gradients beside finite differences, on the device.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { rng } from "../random.ts";

/** A function of tensors, of the shapes of `at`. */
export interface Differentiable {
  /** Where. */
  readonly at: readonly tf.Tensor[];
  /** The scalar at these tensors. */
  value(at: readonly tf.Tensor[]): tf.Scalar;
  /** The gradients at `at`; the caller disposes. */
  gradient(): tf.Tensor[];
}

/** What was found. */
export interface GradientError {
  /** The largest |directional derivative − finite difference|, of the derivatives' typical size. */
  readonly relative: number;
  /** The gradient's ℓ2 norm. */
  readonly norm: number;
}

/** Directions with normal coordinates: a wrong coordinate of the gradient shows in each. */
const DIRECTIONS = 4;
/** How far rows move, the best of these: more leaves float32 more digits, less avoids kinks. */
const STEPS = [4e-2, 1e-1, 1e-2, 4e-3];
/** f′(0) ≈ Σ weight · f(place · h) / h, to the fourth order of h. */
const STENCIL = [[-2, 1 / 12], [-1, -2 / 3], [1, 2 / 3], [2, -1 / 12]] as const;
/** Near enough to stop looking. */
const SURE = 1e-3;

/** Compares the gradient of a function with central differences along random directions. */
export async function gradientError(
  { tf }: Device,
  { at, value, gradient }: Differentiable,
): Promise<GradientError> {
  const grads = gradient();
  const read = await Promise.all(grads.map((grad) => grad.data()));
  tf.dispose(grads);
  const norm = Math.sqrt(read.reduce((sum, grad) => sum + dot(grad, grad), 0));
  // Rows of a direction have a length of about 1.
  const scales = at.map(({ shape }) => 1 / Math.sqrt(shape.at(-1) ?? 1));
  const typical = Math.hypot(...read.map((grad, i) => scales[i] * Math.sqrt(dot(grad, grad))));
  const valueAt = async (directions: readonly Float32Array[], step: number) => {
    const moved = tf.tidy(() =>
      value(at.map((x, i) => x.add(tf.tensor(directions[i], x.shape).mul(step))))
    );
    const [result] = await moved.data();
    moved.dispose();
    return result;
  };
  let relative = 0;
  for (let k = 0; k < DIRECTIONS; k++) {
    const random = rng(1, k);
    const directions = at.map(({ size }, i) =>
      Float32Array.from({ length: size }, () => scales[i] * random.normal())
    );
    const expected = directions.reduce((sum, d, i) => sum + dot(read[i], d), 0);
    let error = Infinity;
    for (const step of STEPS) {
      let difference = 0;
      for (const [place, weight] of STENCIL) {
        difference += weight * await valueAt(directions, place * step) / step;
      }
      error = Math.min(error, Math.abs(difference - expected));
      if (error <= SURE * typical) break;
    }
    relative = Math.max(relative, error / typical);
  }
  return { relative, norm };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
