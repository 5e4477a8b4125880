/**
 * Two operations on all pairs of rows, with gradients of their own. TensorFlow.js would use a
 * transposed matrix product, which on wasm takes over ten times as long as a plain one, and
 * comparisons with broadcasting, as slow, for the maximum inside logSumExp.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { withGradient } from "../kernels/calls.ts";
import type { Tf } from "../plugin.ts";

/** z·zᵀ of z [n, dim]: [n, n]. With G the gradient of the product, that of z is (G + Gᵀ)·z. */
export function gram(tf: Tf, z: tf.Tensor2D): tf.Tensor2D {
  const product = () => tf.matMul<tf.Tensor2D>(z, z.transpose());
  return saving(z, product, (g, z) => g.add<tf.Tensor2D>(g.transpose()).matMul(z));
}

/** y_i = ln Σ_j e^(x_ij) of x [n, m]: [n]. The gradient of x is e^(x − y) times that of y. */
export function logSumExp(tf: Tf, x: tf.Tensor2D): tf.Tensor1D {
  return saving(x, () => {
    const max = tf.max(x, 1, true);
    return x.sub(max).exp().sum(1, true).log().add(max).as1D();
  }, (dy, x, y) => x.sub(y.expandDims(1)).exp().mul(dy.expandDims(1)));
}

/** An operation whose gradient needs its input and its value. */
function saving<Y extends tf.Tensor>(
  x: tf.Tensor2D,
  forward: () => Y,
  gradient: (dy: Y, x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
): Y {
  return withGradient([x], (save) => {
    const value = forward();
    save([x, value]);
    return { value, gradFunc: (dy, [x, y]) => gradient(dy, x, y) };
  });
}
