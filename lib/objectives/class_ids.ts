/**
 * Labels for objectives that look at them.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import type { ObjectiveInput, Tf } from "../plugin.ts";
import { checkViews, differ, type Similarities, similarities } from "./similarities.ts";

/** The similarities of a batch, and which of its rows are of other classes. */
export interface LabeledSimilarities extends Similarities {
  /** 1 where the classes of row i and row j differ, else 0, [n, n]. */
  readonly otherClass: tf.Tensor2D;
}

/**
 * What objectives that look at labels start from, at temperature t: {@linkcode similarities} of the
 * views, each [batch, dim], and which of the n rows are of other classes, [n, n]. Throws a UsageError
 * where there are no labels, or the views are not as {@linkcode checkViews} wants them.
 *
 * @example Two examples of one class, one of another
 * ```ts
 * import { labeledSimilarities } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = { views: [tf.eye(3), tf.eye(3)], labels: tf.tensor1d([0, 0, 1], "int32") };
 * const { all, otherClass } = labeledSimilarities(tf, "mine", input, 0.5);
 * assertEquals(all.shape, [6, 6]);
 * assertEquals(otherClass.arraySync()[0], [0, 0, 1, 0, 0, 1]);
 * ```
 */
export function labeledSimilarities(
  tf: Tf,
  objective: string,
  input: ObjectiveInput,
  temperature: number,
): LabeledSimilarities {
  checkViews(input.views, { objective });
  const otherClass = differ(classIds(tf, objective, input));
  return { ...similarities(tf, input.views, temperature), otherClass };
}

/**
 * The class of each row of all views, [views · batch]; an unknown label (−1) is a class of
 * its own. Throws a UsageError where there are no labels.
 *
 * @example The second example has no label
 * ```ts
 * import { classIds } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = { views: [tf.eye(3), tf.eye(3)], labels: tf.tensor1d([0, -1, 0], "int32") };
 * assertEquals(classIds(tf, "mine", input).arraySync(), [0, -2, 0, 0, -2, 0]);
 * ```
 */
export function classIds(tf: Tf, objective: string, input: ObjectiveInput): tf.Tensor1D {
  const { views, labels } = input;
  const batch = views[0].shape[0];
  if (labels === undefined || labels.shape[0] !== batch) {
    throw new UsageError({
      act: `compute the ${objective} loss`,
      rule: "it needs the label of every example",
      got: labels === undefined ? "none" : `${labels.shape[0]} for ${batch}`,
      next: "Choose a labeled dataset and split, or an objective without labels such as debiased.",
    });
  }
  const own = tf.range(-1, -1 - batch, -1);
  const known = labels.greaterEqual(tf.scalar(0, labels.dtype));
  const ids: tf.Tensor1D = tf.where(known, labels.toFloat(), own);
  return tf.tile(ids, [views.length]);
}
