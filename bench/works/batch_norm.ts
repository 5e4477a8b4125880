/**
 * Batch normalization in training, forward and backward: `tf.layers.batchNormalization` on the stock
 * backend and our layer on ours, alone, with the ReLU behind it, and at the end of a residual block.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../../lib/nn/batch_norm.ts";
import type { Comparison, Work } from "../support/paired.ts";

const SHAPES = [[128, 32, 32, 32], [64, 4, 4, 512]];

const ENDS = ["", " + ReLU", " + residual + ReLU"];

/** What is timed here. */
export const comparisons: Comparison[] = SHAPES.flatMap((shape) =>
  ENDS.map((end) => ({
    what: `batch norm${end} forward + backward, ${shape.join("×")}`,
    target: shape[0] === 128 && end === "" ? 8 : undefined,
    stock: stock(shape, end),
    ours: ours(shape, end),
  }))
);

function stock(shape: number[], end: string): Work {
  const layer = tf.layers.batchNormalization();
  return training(shape, layer, (x, residual) => {
    const y = layer.apply(x, { training: true }) as tf.Tensor;
    return residual ? y.add(residual).relu() : end === ENDS[1] ? y.relu() : y;
  }, end);
}

function ours(shape: number[], end: string): Work {
  const layer = new BatchNorm({ relu: end === ENDS[1] });
  return training(
    shape,
    layer,
    (x, residual) => layer.normalize(x, { training: true }, residual),
    end,
  );
}

/** The gradients of Σ y·r in x, the residual where there is one, γ and β. */
function training(
  shape: number[],
  layer: tf.layers.Layer,
  apply: (x: tf.Tensor, residual?: tf.Tensor) => tf.Tensor,
  end: string,
): Work {
  return () => {
    const x = tf.randomNormal(shape), r = tf.randomNormal(shape);
    const residuals = end === ENDS[2] ? [tf.randomNormal(shape)] : [];
    layer.build(shape);
    const [gamma, beta] = layer.weights.map((weight) => weight.read());
    const gradients = tf.grads((x: tf.Tensor) => apply(x, residuals[0]));
    return () => gradients([x, gamma, beta, ...residuals], r);
  };
}
