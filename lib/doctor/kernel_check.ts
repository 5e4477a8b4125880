/**
 * Whether a device computes right: what its kernels give beside what the processor gives, by
 * TensorFlow.js's plain JavaScript backend or by TypeScript of our own.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Device, DeviceName } from "../device/device.ts";
import { rng } from "../random.ts";

/** One thing that devices compute. */
export interface KernelCheck {
  /** What it belongs to, as `convolutions`; the report has a line for each. */
  readonly group: string;
  /** What is computed, in a few words. */
  readonly name: string;
  /** Our kernels that compute it, by their registered names, for each device that has some. */
  readonly kernels: { readonly [device in DeviceName]?: readonly string[] };
  /** Whether it is done in mixed precision: only where the device has float16. */
  readonly mixed?: boolean;
  /** The largest error allowed, as a share of the largest value of an output. */
  readonly tolerance: number;
  /** The outputs, on whatever device TensorFlow.js is set to. */
  compute(): tf.Tensor[] | Promise<tf.Tensor[]>;
  /** The right outputs, where they are not what `compute` gives on the processor. */
  expected?(): ArrayLike<number>[];
}

/** What a check found. */
export interface KernelResult {
  readonly group: string;
  /** What was computed. */
  readonly name: string;
  /** Our kernels that computed it, by their registered names. */
  readonly kernels: readonly string[];
  /** Whether the error is within the tolerance. */
  readonly ok: boolean;
  /** The largest error of a value, as a share of the largest of its output; null where none was computed. */
  readonly error: number | null;
  /** The largest error allowed. */
  readonly tolerance: number;
  /** Why nothing was computed. */
  readonly problem?: string;
}

/** Runs a check on a device; leaves TensorFlow.js set to it, and no tensors. */
export async function runCheck(check: KernelCheck, device: Device): Promise<KernelResult> {
  const { group, name, kernels, tolerance } = check;
  const result = { group, name, kernels: kernels[device.name] ?? [], tolerance };
  try {
    const expected = check.expected?.() ?? await onProcessor(check.compute);
    await tf.setBackend(device.backend);
    if (check.mixed) device.setMixed?.(true);
    const actual = await outputs(check.compute);
    device.check();
    const error = largestError(actual, expected);
    return { ...result, ok: error <= tolerance, error: Number.isFinite(error) ? error : null };
  } catch (error) {
    const problem = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { ...result, ok: false, error: null, problem };
  } finally {
    if (check.mixed) device.setMixed?.(false);
    await tf.setBackend(device.backend);
  }
}

async function onProcessor(compute: KernelCheck["compute"]): Promise<ArrayLike<number>[]> {
  // Where it is first used, the backend advises to install one for Node.
  const quiet = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    await tf.setBackend("cpu");
    return await outputs(compute);
  } finally {
    tf.env().set("PROD", quiet);
  }
}

/** The values of the outputs; all tensors made on the way are disposed of. */
async function outputs(compute: KernelCheck["compute"]): Promise<ArrayLike<number>[]> {
  tf.engine().startScope();
  try {
    const tensors = await compute();
    return await Promise.all(tensors.map((tensor) => tensor.data()));
  } finally {
    tf.engine().endScope();
  }
}

/** The largest |actual − expected| over the largest |expected| of each output; NaN where one is NaN. */
function largestError(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  const errors = expected.map((right, output) => {
    const given = actual[output];
    if (given?.length !== right.length) return NaN;
    let largest = 0, error = 0;
    for (let i = 0; i < right.length; i++) {
      largest = Math.max(largest, Math.abs(right[i]));
      error = Math.max(error, Math.abs(given[i] - right[i]));
    }
    return largest === 0 ? error : error / largest;
  });
  return Math.max(0, ...errors);
}

/** A tensor of normal numbers; another `seed`, other numbers. */
export function normal<R extends tf.Rank>(seed: number, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  return tf.tensor<R>(normals(seed, tf.util.sizeFromShape(shape)), shape);
}

/** Numbers drawn from the standard normal distribution. */
export function normals(seed: number, count: number): Float32Array {
  const random = rng(seed, count);
  return Float32Array.from({ length: count }, () => random.normal());
}

/** y = f(inputs), and the gradients of Σ r·y by each input, r random. */
export function withGradients(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): tf.Tensor[] {
  const y = f(...inputs);
  return [y, ...tf.grads(f)(inputs, normal(77, y.shape))];
}
