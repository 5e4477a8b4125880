/**
 * What a batch's embeddings look like on the sphere, for the log.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { effectiveRank } from "./effective_rank.ts";

/**
 * Examples of a batch that uniformity and effective rank look at. A batch is in random order, so its
 * first ones are a sample, and the cost of a line of the log has a bound.
 */
const SAMPLE = 256;

/** Rows shorter than this are divided by it, as `F.normalize` does. */
const SHORTEST = 1e-12;

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

function unitRows(view: tf.Tensor2D): tf.Tensor2D {
  return view.div(view.norm(2, 1, true).maximum(SHORTEST));
}

/** ln of the mean of exp(−2‖x − y‖²) over pairs of rows, ‖x − y‖² being 2 − 2x·y; 0 of one row. */
function uniformity(rows: tf.Tensor2D): tf.Scalar {
  const [n] = rows.shape;
  if (n < 2) return tf.scalar(0);
  const exponents = rows.matMul(rows, false, true).sub(1).mul(4);
  const pairs = exponents.exp().mul(tf.sub(1, tf.eye(n)));
  return pairs.sum().div(n * (n - 1)).log().asScalar();
}
