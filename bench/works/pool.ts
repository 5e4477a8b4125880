/**
 * Means over images, forward and backward, and sums over rows: stock operations against ours.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { averagePool, maxPool } from "../../lib/nn/pools.ts";
import type { Comparison, Work } from "../support/paired.ts";

/** What is timed here. */
export const comparisons: Comparison[] = [
  ...[[128, 4, 4, 128], [64, 24, 24, 128]].map((shape) => ({
    what: `global average pool forward + backward, ${shape.join("×")}`,
    stock: gradient(shape, (x) => x.mean([1, 2])),
    ours: gradient(shape, (x) => averagePool(x, 1)),
  })),
  ...[[32, 48, 48, 64]].map((shape) => ({
    what: `max-pool 3×3, stride 2, forward + backward, ${shape.join("×")}`,
    stock: gradient(
      shape,
      (x) => tf.maxPool(x.pad([[0, 0], [1, 1], [1, 1], [0, 0]]) as tf.Tensor4D, 3, 2, "valid"),
    ),
    ours: gradient(shape, (x) => maxPool(x as tf.Tensor4D, { size: 3, stride: 2, padding: 1 })),
  })),
  ...[[256, 512], [131072, 16]].map((shape) => {
    const work: Work = () => {
      const x = tf.randomNormal(shape);
      return () => x.sum(0);
    };
    return { what: `sum over rows, ${shape.join("×")}`, stock: work, ours: work };
  }),
];

function gradient(shape: number[], f: (x: tf.Tensor) => tf.Tensor): Work {
  return () => {
    const x = tf.randomUniform(shape);
    const r = tf.tidy(() => tf.randomNormal(f(x).shape));
    const gradient = tf.grad(f);
    return () => gradient(x, r);
  };
}
