/**
 * What every contrastive objective starts from: all rows of a batch compared with all others.
 *
 * A batch of V views of B examples is n = V·B rows, row v·B + b for view v of example b. An anchor
 * has M = V − 1 positives (the other views of its example) and K = n − V negatives, the set Ω of
 * all rows of other examples. The reference code calls K "N".
 *
 * The operations on all pairs of rows have gradients of their own: TensorFlow.js would use a
 * transposed matrix product, which on wasm takes over ten times as long as a plain one, and
 * comparisons with broadcasting, as slow, for the maximum inside logSumExp.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import type { Tf } from "../plugin.ts";
import { withGradient } from "../kernels/calls.ts";

/**
 * z·zᵀ of z [n, dim]: [n, n]. With G the gradient of the product, that of z is (G + Gᵀ)·z.
 *
 * @example Products of two rows
 * ```ts
 * import { gram } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const z = tf.tensor2d([[1, 0, 2], [0, 3, 1]]);
 * assertEquals(gram(tf, z).arraySync(), [[5, 2], [2, 10]]);
 * ```
 */
export function gram(tf: Tf, z: tf.Tensor2D): tf.Tensor2D {
  const product = () => tf.matMul<tf.Tensor2D>(z, z.transpose());
  return saving(z, product, (g, z) => g.add<tf.Tensor2D>(g.transpose()).matMul(z));
}

/**
 * y_i = ln Σ_j e^(x_ij) of x [n, m]: [n]. The gradient of x is e^(x − y) times that of y.
 *
 * @example Finite where e^x is not
 * ```ts
 * import { logSumExp } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const [y] = logSumExp(tf, tf.tensor2d([[1000, 1000]])).dataSync();
 * assertEquals(y.toFixed(3), (1000 + Math.LN2).toFixed(3));
 * ```
 */
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

/** Added to what a sum of exponentials leaves out: finite, so no gradient becomes NaN. */
const LEFT_OUT = -1e30;

/** The scaled similarities of a batch. */
export interface Similarities {
  /** s_ij = z_i·z_j / t, [n, n]. */
  readonly all: tf.Tensor2D;
  /** s of each row to its positives, [n, M]. */
  readonly positives: tf.Tensor2D;
  /** The example each row is a view of, [n]. */
  readonly examples: tf.Tensor1D;
  /** K, the number of negatives of each row. */
  readonly negatives: number;
}

/**
 * Compares all n rows of the views, each [batch, dim], at temperature t: similarities [n, n], and what
 * goes with them.
 *
 * @example Two views of three examples
 * ```ts
 * import { similarities } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const { all, positives, examples, negatives } = similarities(tf, [tf.eye(3), tf.eye(3)], 0.5);
 * assertEquals([all.shape, positives.shape], [[6, 6], [6, 1]]);
 * assertEquals(positives.dataSync()[0], 1 / 0.5);
 * assertEquals(examples.arraySync(), [0, 1, 2, 0, 1, 2]);
 * assertEquals(negatives, 4);
 * ```
 */
export function similarities(
  tf: Tf,
  views: readonly tf.Tensor2D[],
  temperature: number,
): Similarities {
  const batch = views[0].shape[0];
  const z = tf.concat2d([...views], 0);
  const positives = views.slice(1).map((_, v) => {
    const shifted = tf.concat2d([...views.slice(v + 1), ...views.slice(0, v + 1)], 0);
    return z.mul(shifted).sum(1, true);
  });
  return {
    all: gram(tf, z).div(temperature),
    positives: tf.concat(positives, 1).div(temperature),
    examples: tf.tile(tf.range(0, batch), [views.length]),
    negatives: views.length * (batch - 1),
  };
}

/**
 * 1 where the ids of row i and row j differ, else 0: whole numbers [n] to [n, n]. Arithmetic, as
 * comparisons with broadcasting are many times slower on wasm.
 *
 * @example Two rows of one example
 * ```ts
 * import { differ } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * assertEquals(differ(tf.tensor1d([0, 1, 0])).arraySync(), [[0, 1, 0], [1, 0, 1], [0, 1, 0]]);
 * ```
 */
export function differ(ids: tf.Tensor1D): tf.Tensor2D {
  return ids.expandDims<tf.Tensor2D>(1).sub<tf.Tensor2D>(ids.expandDims(0)).abs().minimum(1);
}

/**
 * ln Σ_j e^(x_ij) over the j where `mask` is 1, [n, n] to [n]; about −1e30 for a row without any.
 *
 * @example Each row without itself
 * ```ts
 * import { differ, maskedLogSumExp } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const x = tf.tensor2d([[9, 1, 1], [2, 9, 2], [3, 3, 9]]);
 * const sums = maskedLogSumExp(tf, x, differ(tf.range(0, 3))).arraySync();
 * assertEquals(sums.map((sum, i) => (sum - (i + 1)).toFixed(4)), Array(3).fill(Math.LN2.toFixed(4)));
 * ```
 */
export function maskedLogSumExp(tf: Tf, x: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor1D {
  return logSumExp(tf, x.add(mask.sub(1).mul(-LEFT_OUT)));
}

/** What {@linkcode checkViews} asks for. */
export interface ViewsRule {
  /** The name of the objective. */
  readonly objective: string;
  /** The exact number of views it needs; without it, two or more. */
  readonly exactly?: number;
  /** What to do where the number is wrong. */
  readonly next?: string;
}

/**
 * Throws a UsageError unless there are enough views, all of one shape [batch, dim], of two or more
 * examples.
 *
 * @example One view too few
 * ```ts
 * import { UsageError } from "@tauplus/tauplus";
 * import { checkViews } from "@tauplus/tauplus/objectives";
 * import { assertThrows } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const view = tf.eye(4);
 * checkViews([view, view], { objective: "mine" });
 * assertThrows(() => checkViews([view], { objective: "mine" }), UsageError, "needs two or more views");
 * ```
 */
export function checkViews(views: readonly tf.Tensor2D[], rule: ViewsRule): void {
  const act = `compute the ${rule.objective} loss`;
  const { exactly } = rule;
  if (exactly === undefined ? views.length < 2 : views.length !== exactly) {
    throw new UsageError({
      act,
      rule: `it needs ${exactly ?? "two or more"} views of each example`,
      got: views.length,
      next: rule.next ?? "Give it that many, or choose another objective.",
    });
  }
  const shapes = views.map((view) => `[${view.shape}]`);
  if (new Set(shapes).size > 1) {
    throw new UsageError({
      act,
      rule: "all views must have one shape [batch, dim]",
      got: shapes.join(" and "),
      next: "Give one row per example in every view.",
    });
  }
  if (views[0].shape[0] < 2) {
    throw new UsageError({
      act,
      rule: "a batch must have two or more examples",
      got: views[0].shape[0],
      next: "Use a larger batch, and drop a last one of a single example.",
    });
  }
}
