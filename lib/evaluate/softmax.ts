/**
 * Softmax regression on the device: its loss and gradient in closed form, without a tape.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tf } from "../plugin.ts";

/** Examples for softmax regression; the bias is the weight of a last feature that is 1. */
export type Batch = {
  /** X [n, d]. */
  readonly x: tf.Tensor2D;
  /** Xᵀ [d, n], since the wasm backend is fast on untransposed operands only. */
  readonly xT: tf.Tensor2D;
  /** The classes, one-hot [n, classes], float32. */
  readonly y: tf.Tensor2D;
};

/** Appends the feature 1: [n, d] → [n, d + 1]. */
export function withOnes(tf: Tf, x: tf.Tensor2D): tf.Tensor2D {
  return tf.concat([x, tf.ones([x.shape[0], 1])], 1);
}

/** A batch from X and the labels of its rows. */
export function batchOf(
  tf: Tf,
  x: tf.Tensor2D,
  labels: Int32Array,
  classes: number,
): Batch {
  const y = tf.tidy(() =>
    tf.oneHot(tf.tensor1d(labels, "int32"), classes).cast("float32")
      .as2D(labels.length, classes)
  );
  return { x, xT: tf.transpose(x), y };
}

/**
 * The mean cross-entropy of softmax(XW) and its gradient Xᵀ(softmax(XW) − Y) / n.
 *
 * @param w W [d, classes]
 */
export function softmaxGradient(
  tf: Tf,
  { x, xT, y }: Batch,
  w: tf.Tensor2D,
): { loss: tf.Scalar; gradient: tf.Tensor2D } {
  const n = x.shape[0];
  const logP = tf.logSoftmax(tf.matMul(x, w));
  const loss = tf.div(tf.sum(tf.mul(logP, y)), -n);
  const gradient = tf.div(tf.matMul(xT, tf.sub(tf.exp(logP), y)), n);
  return { loss: loss.asScalar(), gradient: gradient.as2D(w.shape[0], w.shape[1]) };
}
