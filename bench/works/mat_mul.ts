/** Matrix products: thin ones, those of dense layers, and those of a linear probe on 60,000 features. */
import * as tf from "@tensorflow/tfjs";
import type { Comparison, Work } from "../support/paired.ts";

/** [m, k]·[k, n], either side given transposed. */
function comparison(
  [m, k, n]: readonly [number, number, number],
  transposeA = false,
  transposeB = false,
): Comparison {
  const work: Work = () => {
    const a = tf.randomNormal<tf.Rank.R2>(transposeA ? [k, m] : [m, k]);
    const b = tf.randomNormal<tf.Rank.R2>(transposeB ? [n, k] : [k, n]);
    return () => tf.matMul(a, b, transposeA, transposeB);
  };
  const what = `[${m}, ${k}]${transposeA ? " (transposed)" : ""} · [${k}, ${n}]${
    transposeB ? " (transposed)" : ""
  }`;
  return { what, stock: work, ours: work };
}

/** What is timed here. */
export const comparisons: Comparison[] = [
  comparison([6400, 129, 10]),
  comparison([512, 512, 128]),
  comparison([256, 512, 128], true),
  comparison([512, 128, 512], false, true),
  comparison([60_000, 512, 10]),
  comparison([512, 60_000, 10], true),
];
