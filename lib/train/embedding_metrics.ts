/**
 * What a batch's embeddings look like on the sphere, for the log.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { unitRows } from "../apply_encoder.ts";

/**
 * Examples of a batch that uniformity and effective rank look at. A batch is in random order, so its
 * first ones are a sample, and the cost of a line of the log has a bound.
 */
const SAMPLE = 256;

/** What a line of the log says of the embeddings, of rows of unit length. */
export interface EmbeddingMetrics {
  /**
   * Mean of ‖x − y‖² over the pairs of the first view's rows and each other view's of the same
   * example (Wang & Isola 2020, arXiv:2005.10242, α = 2): 0 where views agree, 2 where they are
   * unrelated.
   */
  readonly alignment?: number;
  /**
   * ln of the mean of exp(−2‖x − y‖²) over pairs of different examples, mean over the first two
   * views (the same source, t = 2): 0 where all are one point, about −4 at best.
   * Absent where there is one example.
   */
  readonly uniformity?: number;
  /** {@linkcode effectiveRank} of the first view's rows: from 1 to min(256, batch, dim). */
  readonly rankme?: number;
}

/**
 * What {@linkcode embeddingMetrics} takes, yet on the device: alignment, uniformity and rows of unit
 * length [sample, dim]. The caller disposes of them.
 *
 * @param views two or more of a batch, [batch, dim] each; their rows may have any length
 */
export function measureEmbeddings(
  views: readonly tf.Tensor2D[],
): [tf.Scalar, tf.Scalar, tf.Tensor2D] {
  return tf.tidy(() => {
    const units = views.map(unitRows);
    const [first, ...others] = units;
    const distances = others.map((other) => first.squaredDifference(other).sum(1).mean());
    const samples = units.slice(0, 2).map((unit) => {
      const [batch, dim] = unit.shape;
      return tf.slice2d(unit, [0, 0], [Math.min(SAMPLE, batch), dim]);
    });
    return [
      tf.addN(distances).div<tf.Scalar>(others.length),
      tf.addN(samples.map(uniformity)).div<tf.Scalar>(samples.length),
      samples[0],
    ];
  });
}

/**
 * The metrics from the values of {@linkcode measureEmbeddings}, one after another. None where an
 * embedding is not finite.
 */
export function embeddingMetrics(values: Float32Array, dim: number): EmbeddingMetrics {
  if (!values.every(Number.isFinite)) return {};
  const [alignment, uniformity] = values;
  const rows = values.subarray(2);
  return {
    alignment,
    ...(rows.length > dim && { uniformity }),
    rankme: effectiveRank(rows, dim),
  };
}

/** ln of the mean of exp(−2‖x − y‖²) over pairs of rows, ‖x − y‖² being 2 − 2x·y; 0 of one row. */
function uniformity(rows: tf.Tensor2D): tf.Scalar {
  const [n] = rows.shape;
  if (n < 2) return tf.scalar(0);
  const exponents = rows.matMul(rows, false, true).sub(1).mul(4);
  const pairs = exponents.exp().mul(tf.sub(1, tf.eye(n)));
  return pairs.sum().div(n * (n - 1)).log().asScalar();
}

/**
 * RankMe, the effective rank of a matrix Z (Garrido et al. 2023, arXiv:2210.02885): exp of the
 * entropy of p_k = σ_k / Σσ, where σ are the singular values of Z. From 1, where all rows are
 * multiples of one, to min(count, dim), where all singular values are equal.
 *
 * The singular values are the roots of the eigenvalues of the smaller of ZᵀZ and ZZᵀ, in float64:
 * of 256 rows or fewer it takes some 10 ms.
 *
 * @param rows [count, dim], finite; all zero gives 0
 */
export function effectiveRank(rows: Float32Array, dim: number): number {
  const eigenvalues = new EigenvalueDecomposition(gram(rows, dim), { assumeSymmetric: true })
    .realEigenvalues;
  const singular = eigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
  const sum = singular.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const entropy = singular.reduce((total, value) => {
    const p = value / sum;
    return p > 0 ? total - p * Math.log(p) : total;
  }, 0);
  return Math.exp(entropy);
}

/** ZᵀZ [dim, dim], or ZZᵀ [count, count] where that is smaller. */
function gram(rows: Float32Array, dim: number): Matrix {
  const count = rows.length / dim;
  const z = Matrix.from1DArray(count, dim, rows);
  return count < dim ? z.mmul(z.transpose()) : z.transpose().mmul(z);
}
