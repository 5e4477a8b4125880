/**
 * The debiased loss alone, forward and backward by two views of embeddings that are normalized first.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { create } from "../../lib/create.ts";
import debiased from "../../plugins/objectives/debiased.ts";
import { productEnv } from "./product_step.ts";
import { denseDebiased, negativeMask } from "./stock_step.ts";
import { HEAD, LOSS, lossViews } from "./steps.ts";

type Loss = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Scalar;

/** As a user of TensorFlow.js writes it, on the current backend. */
export function stockLoss(pairs: number): () => tf.TensorContainer {
  const mask = negativeMask(pairs);
  return gradientsOf(pairs, (a, b) => denseDebiased(a, b, mask));
}

/** The product's objective on the current backend. */
export async function productLoss(pairs: number): Promise<() => tf.TensorContainer> {
  const objective = await create(debiased, LOSS, productEnv([1]));
  return gradientsOf(pairs, (a, b) => objective.loss({ views: [a, b] }));
}

function gradientsOf(pairs: number, loss: Loss): () => tf.TensorContainer {
  const views = lossViews(pairs).map((view) => tf.tensor2d(view, [pairs, HEAD.out]));
  const both = tf.valueAndGrads((...views) => {
    const [a, b] = views.map((view) => view.div<tf.Tensor2D>(view.norm(2, 1, true)));
    return loss(a, b);
  });
  return () => {
    const { value, grads } = both(views);
    return [value, ...grads];
  };
}
