/**
 * Batch normalisation in training, forward and backward: `tf.layers.batchNormalization` on the stock
 * backend and our layer on ours, alone and with the ReLU behind it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../../lib/nn/batch_norm.ts";
import type { Comparison, Work } from "../support/paired.ts";

const SHAPES = [[128, 32, 32, 32], [64, 4, 4, 512]];

/** What is timed here. */
export const comparisons: Comparison[] = SHAPES.flatMap((shape) =>
  [false, true].map((relu) => ({
    what: `batch norm${relu ? " + ReLU" : ""} forward + backward, ${shape.join("×")}`,
    target: shape[0] === 128 && !relu ? 8 : undefined,
    stock: training(shape, tf.layers.batchNormalization(), relu),
    ours: training(shape, new BatchNorm({ relu }), false),
  }))
);

/** The gradients of Σ y·r in x, γ and β. */
function training(shape: number[], layer: tf.layers.Layer, relu: boolean): Work {
  return () => {
    const x = tf.randomNormal(shape), r = tf.randomNormal(shape);
    layer.build(shape);
    const [gamma, beta] = layer.weights.map((weight) => weight.read());
    const gradients = tf.grads((x: tf.Tensor) => {
      const y = layer.apply(x, { training: true }) as tf.Tensor;
      return relu ? y.relu() : y;
    });
    return () => gradients([x, gamma, beta], r);
  };
}
