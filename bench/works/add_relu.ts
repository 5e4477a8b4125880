/**
 * The end of a residual block, max(a + b, 0), forward and backward: stock `add` and `relu` against
 * one kernel each way.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { addRelu } from "../../lib/nn/relu.ts";
import type { Comparison, Work } from "../support/paired.ts";

const SHAPES = [[64, 32, 32, 64], [64, 4, 4, 512]];

/** What is timed here. */
export const comparisons: Comparison[] = SHAPES.map((shape) => ({
  what: `max(a + b, 0) forward + backward, ${shape.join("×")}`,
  stock: gradients(shape, (a, b) => a.add(b).relu()),
  ours: gradients(shape, addRelu),
}));

function gradients(shape: number[], f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Work {
  return () => {
    const inputs = [tf.randomNormal(shape), tf.randomNormal(shape)];
    const r = tf.randomNormal(shape);
    const gradients = tf.grads(f);
    return () => gradients(inputs, r);
  };
}
