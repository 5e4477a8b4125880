/**
 * Softmax regression on the device: its loss and gradient in closed form, without a tape.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel } from "../kernels/calls.ts";
import type { Tf } from "../plugin.ts";

/** With more classes the products are no longer thin, and matrix products are as fast. */
const KERNEL_CLASSES = 16;

export interface Examples {
  /** X [n, d]; a last feature that is 1, whose weight is the bias, is implied. */
  readonly x: tf.Tensor2D;
  /** n classes. */
  readonly labels: Int32Array;
  /** The number of classes. */
  readonly classes: number;
}

/** Examples on the device, in an order. */
export interface Regression {
  /**
   * The mean cross-entropy of softmax([X 1]·W) over the examples at the places `start` …
   * `start + count` of the order (default all), and its gradient [X 1]ᵀ(softmax([X 1]·W) − Y) /
   * count.
   *
   * @param w W [d + 1, classes], the bias in the last row
   */
  gradientAt(
    w: tf.Tensor2D,
    start?: number,
    count?: number,
  ): { loss: tf.Scalar; gradient: tf.Tensor2D };
  /** Frees what it holds on the device. */
  dispose(): void;
}

/**
 * Puts examples on the device for {@linkcode Regression}. Where our webgpu kernel runs, rows are
 * picked from X itself, which must not change; else it is copied in order.
 *
 * @param order rows of X
 */
export function regression(tf: Tf, examples: Examples, order: Int32Array): Regression {
  return hasKernel("SoftmaxRegression") && examples.classes <= KERNEL_CLASSES
    ? fused(tf, examples, order)
    : composed(tf, examples, order);
}

function fused(tf: Tf, examples: Examples, order: Int32Array): Regression {
  const held = {
    x: examples.x.clone(),
    labels: tf.tensor1d(examples.labels, "int32"),
    order: tf.tensor1d(order, "int32"),
  };
  return {
    gradientAt(weights, start = 0, count = order.length - start) {
      const inputs = { ...held, weights };
      const [gradient, loss] = runKernel("SoftmaxRegression", inputs, { start, count });
      return { loss: loss as tf.Scalar, gradient: gradient as tf.Tensor2D };
    },
    dispose: () => tf.dispose(held),
  };
}

function composed(tf: Tf, { x, labels, classes }: Examples, order: Int32Array): Regression {
  const held = tf.tidy(() => {
    const rows = withOnes(tf, tf.gather(x, tf.tensor1d(order, "int32")));
    const ordered = tf.tensor1d(order.map((index) => labels[index]), "int32");
    const y = tf.oneHot(ordered, classes).cast("float32").as2D(order.length, classes);
    return { rows, y };
  });
  // Kept where all examples are asked for again and again: the wasm backend is fast on untransposed
  // operands only.
  let transposed: tf.Tensor2D | undefined;
  return {
    gradientAt: (w, start = 0, count = order.length - start) =>
      tf.tidy(() => {
        const whole = count === order.length;
        const part = (all: tf.Tensor2D) => whole ? all : tf.slice(all, [start, 0], [count, -1]);
        const rows = part(held.rows), y = part(held.y);
        if (whole) transposed ??= tf.keep(tf.transpose(held.rows));
        const columns = whole && transposed ? transposed : tf.transpose(rows);
        const logP = tf.logSoftmax(tf.matMul(rows, w));
        const loss = tf.div(tf.sum(tf.mul(logP, y)), -count);
        const gradient = tf.div(tf.matMul(columns, tf.sub(tf.exp(logP), y)), count);
        return { loss: loss.asScalar(), gradient: gradient.as2D(w.shape[0], classes) };
      }),
    dispose: () => tf.dispose([held, transposed]),
  };
}

/** Appends the feature 1: [n, d] → [n, d + 1]. */
export function withOnes(tf: Tf, x: tf.Tensor2D): tf.Tensor2D {
  return tf.concat([x, tf.ones([x.shape[0], 1])], 1);
}

/** Rows of a part: enough for a device, and 4 MiB of 512 features. */
const ROWS = 2048;

/**
 * Σ of `part` over ranges of rows that together are 0 … rows.
 *
 * @param rows at least 1
 * @param part gives the sum over `count` rows from `begin`; what else it makes is freed
 */
export function sumOverRows<T extends tf.Tensor>(
  tf: Tf,
  rows: number,
  part: (begin: number, count: number) => T,
): T {
  let sum: T | undefined;
  let begin = 0;
  do {
    const before = sum;
    sum = tf.tidy(() => {
      const own = part(begin, Math.min(ROWS, rows - begin));
      return before ? tf.add<T>(before, own) : own;
    });
    before?.dispose();
    begin += ROWS;
  } while (begin < rows);
  return sum;
}
