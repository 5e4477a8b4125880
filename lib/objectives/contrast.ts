/**
 * The debiased family in log space: finite in float32 down to temperatures where e^(s/t) is not.
 *
 * With ℓ the log of the summed negatives of a row and π the log of its mean positive,
 *
 *     x = ln(τ⁺K) + π − ℓ
 *     U = ℓ + ln(1 − eˣ) − ln(1 − τ⁺)  where x < 0, else −∞
 *     γ = max(U, ln K − 1/t)
 *     loss = mean softplus(γ − s_im) over rows i and positives m
 *
 * which is the mean of −ln(pos / (pos + Ng)) with Ng = max((neg − τ⁺·K·pos) / (1 − τ⁺), K·e^(−1/t))
 * (Chuang et al. 2020, arXiv:2007.00224, equations 7 and 8).
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tf } from "../plugin.ts";
import { logSumExp } from "./similarities.ts";

/** Below this, softplus and sigmoid are 0 to any purpose, and e^(−x) is still finite. */
const LOWEST = -80;

/**
 * Mean softplus(γ_i − s_im), the loss of contrasting each positive with all that γ sums up, a scalar.
 *
 * @param gamma log of the negatives' (estimated) sum, [n]
 * @param positives similarities to the positives, [n, M]
 *
 * @example Negatives that weigh as much as the positive
 * ```ts
 * import { contrast } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const gamma = tf.tensor1d([2, 2]);
 * const positives = tf.tensor2d([[2], [2]]);
 * const [loss] = contrast(tf, gamma, positives).dataSync();
 * assertEquals(loss.toFixed(4), Math.LN2.toFixed(4)); // −ln(1/2)
 * ```
 */
export function contrast(tf: Tf, gamma: tf.Tensor1D, positives: tf.Tensor2D): tf.Scalar {
  return tf.softplus(gamma.expandDims(1).sub(positives).maximum(LOWEST)).mean();
}

/** What {@linkcode debias} is given. */
export interface DebiasInput {
  /** ℓ, the log of the summed negatives, [n]. */
  readonly negatives: tf.Tensor1D;
  /** Similarities to the positives, [n, M]. */
  readonly positives: tf.Tensor2D;
  /** K, the number of negatives of each row. */
  readonly count: number;
  /** τ⁺, the probability that a negative is of the anchor's class, in [0, 1). */
  readonly tauPlus: number;
  /** t. */
  readonly temperature: number;
}

/** γ, and which rows the clamp holds. */
export interface Debiased {
  /** Log of the debiased estimate of the negatives' sum, clamped from below, [n]. */
  readonly gamma: tf.Tensor1D;
  /** 1 where the clamp holds and no gradient passes, else 0, [n]. */
  readonly clamped: tf.Tensor1D;
}

/**
 * Takes the false negatives out of the negatives' sum, as the equations above say: γ, the log of what
 * is left, [n], and which rows the clamp holds, [n].
 *
 * @example Half of the negatives are as near as the positive: with τ⁺ = 0.5 the others are left
 * ```ts
 * import { debias } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const [count, near, far] = [10, Math.E, 1 / Math.E];
 * const { gamma, clamped } = debias(tf, {
 *   negatives: tf.tensor1d([Math.log(count / 2 * near + count / 2 * far)]),
 *   positives: tf.tensor2d([[Math.log(near)]]),
 *   count,
 *   tauPlus: 0.5,
 *   temperature: 0.5,
 * });
 * assertEquals(gamma.dataSync()[0].toFixed(4), Math.log(count * far).toFixed(4));
 * assertEquals(clamped.arraySync(), [0]);
 * ```
 */
export function debias(tf: Tf, input: DebiasInput): Debiased {
  const { negatives, positives, count, tauPlus, temperature } = input;
  const floor = Math.log(count) - 1 / temperature;
  let estimate: tf.Tensor1D = negatives.sub(Math.log1p(-tauPlus));
  if (tauPlus > 0) {
    const pi = logSumExp(tf, positives).sub(Math.log(positives.shape[1]));
    const x: tf.Tensor1D = pi.sub(negatives).add(Math.log(tauPlus * count));
    const share = x.minimum<tf.Tensor1D>(0).exp();
    // Where nothing is left, ln 0 and its gradient must not be computed. Of the comparisons only
    // ≥ has a gradient (zero) in TensorFlow.js; the others cannot stand under one.
    const nothing = share.greaterEqual<tf.Tensor1D>(1);
    const left = tf.where(nothing, tf.zerosLike(share), share).neg().log1p();
    estimate = tf.where(nothing, tf.fill([share.size], floor - 1).as1D(), estimate.add(left));
  }
  // The gradient of the maximum passes at equality, as that of torch.clamp does.
  return { gamma: estimate.maximum(floor), clamped: estimate.less<tf.Tensor1D>(floor).toFloat() };
}
