/**
 * What contrastive losses are made of: the similarities of a batch, sums of exponentials that stay
 * finite in float32, and the debiased estimate of the negatives.
 *
 * @example The debiased loss, from its parts
 * ```ts
 * import { contrast, debias, differ, maskedLogSumExp, similarities } from "@tauplus/tauplus/objectives";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const views = [tf.eye(4), tf.eye(4)];
 * const { all, positives, examples, negatives: count } = similarities(tf, views, 0.5);
 * const negatives = maskedLogSumExp(tf, all, differ(examples));
 * const { gamma } = debias(tf, { negatives, positives, count, tauPlus: 0.1, temperature: 0.5 });
 * const loss = contrast(tf, gamma, positives);
 * console.log(loss.shape); // []
 * ```
 *
 * @module
 */
export * from "./class_ids.ts";
export * from "./contrast.ts";
export * from "./debiased_family.ts";
export * from "./similarities.ts";
export * from "./similarities.ts";
