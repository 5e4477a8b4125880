/**
 * Gradients beside finite differences, on the device.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { rng } from "../random.ts";
import { type CheckResult, fail, verdict } from "./check.ts";
import { toInput } from "./objective_input.ts";
import { BATCH, DIM, labelsOf, type TestedObjective, viewsOf } from "./objective_input.ts";

/** A function of tensors, of the shapes of `at`. */
export interface Differentiable {
  /** The tensors at which it is differentiated. */
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
/** An error this small ends the search over step sizes. */
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

/** Of the typical derivative along a direction. */
const TOLERANCE = 0.02;

/** Compares it with finite differences. */
export async function checkGradient({ device, objective }: TestedObjective): Promise<CheckResult> {
  const { tf } = device;
  const views = viewsOf(objective);
  const { views: rows, labels } = toInput(device, views, labelsOf(BATCH));
  const variables = (objective.variables ?? []).filter(({ trainable }) => trainable);
  const at = [...rows, ...variables.map((variable) => variable.clone())];
  const input = (moved: readonly tf.Tensor[]) => ({
    views: moved.slice(0, rows.length).map((view) => view.as2D(BATCH, DIM)),
    labels,
  });
  const value = (moved: readonly tf.Tensor[]) => {
    variables.forEach((variable, i) => variable.assign(moved[rows.length + i]));
    return objective.loss(input(moved));
  };
  const ofViews = () => tf.grads((...moved) => objective.loss(input(moved)))([...rows]);
  const ofVariables = () => {
    const { value, grads } = tf.variableGrads(() => objective.loss(input(rows)), variables);
    value.dispose();
    const lost = variables.findIndex(({ name }) => !Object.hasOwn(grads, name) || !grads[name]);
    if (lost < 0) return variables.map(({ name }) => grads[name]);
    throw new Error(`no gradient reaches variable ${lost} of ${variables.length}`);
  };
  try {
    const { relative, norm } = await gradientError(device, {
      at,
      value,
      gradient: () => [...ofViews(), ...(variables.length > 0 ? ofVariables() : [])],
    });
    if (norm === 0) return fail("it is 0 on random embeddings");
    const off = `${Number((100 * relative).toPrecision(2))} % from finite differences`;
    return verdict(relative <= TOLERANCE, off);
  } finally {
    variables.forEach((variable, i) => variable.assign(at[rows.length + i]));
  }
}
