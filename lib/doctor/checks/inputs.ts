/**
 * What the checks compute on: numbers that are the same on every device and every day.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { rng } from "../../random.ts";

/** A tensor of normal numbers; another `seed`, other numbers. */
export function normal<R extends tf.Rank>(seed: number, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  return tf.tensor<R>(normals(seed, tf.util.sizeFromShape(shape)), shape);
}

/** Normal numbers. */
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
