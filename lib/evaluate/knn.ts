/**
 * Weighted k-nearest-neighbor classification of frozen features, as Wu et al. 2018
 * (arXiv:1805.01978, section 3.4) and the reference code of debiased contrastive learning have it.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { unitRows } from "../apply_encoder.ts";
import { UsageError } from "../errors.ts";
import type { FeatureSplit, Metrics, ProbeInput, Progress, Tf } from "../plugin.ts";
import { classificationMetrics, classNames } from "./metrics.ts";
import { nearestOfRows } from "./nearest.ts";
import { yieldToEvents } from "../yield_to_events.ts";

/** Similarities held at a time: 64 MiB. */
const BLOCK = 2 ** 24;

/** The settings of weighted kNN. */
export interface KnnOptions {
  /** Neighbors that vote. */
  readonly k: number;
  /** A neighbor of cosine similarity s votes with the weight exp(s / temperature). */
  readonly temperature: number;
}

/** What kNN needs of its surroundings; a plugin's `env` has it all. */
export interface KnnEnv {
  /** TensorFlow.js, set to the device. */
  readonly tf: Tf;
  /** The names of the classes. */
  readonly classes: readonly string[];
  /** Reports test examples done. */
  readonly progress?: (progress: Progress) => void;
  /** Aborts between blocks of test examples. */
  readonly signal?: AbortSignal;
}

/**
 * Classifies `test` by its nearest neighbors in `train`: top-1, top-5, per-class accuracy,
 * confusion. A class that no neighbor is of is not predicted: the reference fills its first five
 * with such classes, in an order that `argsort` does not promise. Of equal similarities the earlier
 * example votes, of equal scores the lower class comes first; the reference leaves both to `topk`
 * and `argsort`, which promise no order.
 *
 * Throws UsageError where `k` exceeds the number of training examples.
 */
export async function knn(input: ProbeInput, options: KnnOptions, env: KnnEnv): Promise<Metrics> {
  const { train, test } = input;
  const names = classNames(env.classes, train.labels, test.labels);
  const scores = await knnScores(train, test.features, names.length, options, env);
  return { ...classificationMetrics(scores, test.labels, names) };
}

/**
 * The votes of the k nearest training examples for each class, divided by the largest vote of the
 * row so that none overflows, and −∞ for a class that none of the k is of:
 *
 *     score(c) = Σ over the k nearest j with label c of exp((s_j − max s) / t)
 *
 * Similarities come from the device in blocks of at most 64 MiB, or one row where that is larger.
 *
 * @param train the examples that vote
 * @param queries [n, dim]
 * @param classes the number of classes
 * @returns [n, classes]
 */
export async function knnScores(
  train: FeatureSplit,
  queries: tf.Tensor2D,
  classes: number,
  options: KnnOptions,
  env: KnnEnv,
): Promise<Float64Array> {
  const { tf } = env;
  const { k, temperature } = options;
  const memory = train.labels.length;
  if (k > memory) {
    throw new UsageError({
      act: "run the kNN probe",
      rule: `k must be at most the number of labeled training examples, ${memory}`,
      got: k,
      next: `Set --k=${memory} or less.`,
    });
  }
  const total = queries.shape[0];
  const rows = Math.max(1, Math.floor(BLOCK / memory));
  const scores = new Float64Array(total * classes).fill(-Infinity);
  // Untransposed operands are the fast case of the wasm backend, which also packs the right one
  // for reuse.
  const [bank, units] = tf.tidy(() => [
    tf.transpose(unitRows(train.features)),
    unitRows(queries),
  ]);
  try {
    for (let start = 0; start < total; start += rows) {
      await yieldToEvents(env.signal);
      env.progress?.({ task: "kNN", done: start, total, unit: "images" });
      const size = Math.min(rows, total - start);
      const block = tf.tidy(() =>
        tf.matMul(tf.slice(units, [start, 0], [size, -1]), bank).as2D(size, memory)
      );
      const nearest = await nearestOfRows(tf, block, k).finally(() => block.dispose());
      nearest.forEach(({ columns, values }, i) => {
        columns.forEach((j, place) => {
          const at = (start + i) * classes + train.labels[j];
          const vote = Math.exp((values[place] - values[k - 1]) / temperature);
          scores[at] = Math.max(scores[at], 0) + vote;
        });
      });
    }
    env.progress?.({ task: "kNN", done: total, total, unit: "images" });
  } finally {
    bank.dispose();
    units.dispose();
  }
  return scores;
}
