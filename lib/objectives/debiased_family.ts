/**
 * The biased, debiased, hard and decoupled losses as one: in linear memory where the device has
 * kernels for it, else from the dense matrix of similarities.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { type ContrastAttributes, hasKernel, runKernel, withGradient } from "../kernels/calls.ts";
import type { Tf } from "../plugin.ts";
import { contrast, debias, type Debiased } from "./contrast.ts";
import { differ, maskedLogSumExp, similarities } from "./similarities.ts";

/** A member of the family. */
export interface FamilyMember {
  /** `debiased` has the clamp; `decoupled` leaves the positive out of the denominator. */
  readonly form: ContrastAttributes["form"];
  /** t, by which similarities are divided. */
  readonly temperature: number;
  /** τ⁺ of `debiased`, default 0. */
  readonly tauPlus?: number;
  /** β, by which hard negatives weigh more, default 0 for not at all. */
  readonly beta?: number;
}

/**
 * The loss, a scalar, of two or more views [batch, dim] of unit rows; differentiable.
 *
 * @example NT-Xent of examples at right angles
 * ```ts
 * import { familyLoss } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const [batch, t] = [4, 0.5];
 * const views = [tf.eye(batch), tf.eye(batch)];
 * const [loss] = familyLoss(tf, views, { form: "biased", temperature: t }).dataSync();
 * const negatives = 2 * (batch - 1); // each e^(0/t)
 * assertEquals(loss.toFixed(4), Math.log(1 + negatives / Math.exp(1 / t)).toFixed(4));
 * ```
 */
export function familyLoss(
  tf: Tf,
  views: readonly tf.Tensor2D[],
  member: FamilyMember,
): tf.Scalar {
  return tf.tidy(() => {
    if (hasKernel("ContrastRows")) return rowsLoss(rows(tf, views), attributes(views, member));
    const { gamma, positives } = dense(tf, views, member);
    if (member.form === "decoupled") return gamma.sub(positives.mean(1)).mean().asScalar();
    return contrast(tf, gamma, positives);
  });
}

/**
 * The share of the rows where the clamp holds, a scalar; of the debiased form.
 *
 * @example All views alike: what τ⁺ takes away leaves nothing
 * ```ts
 * import { familyClampRate } from "@tauplus/tauplus/objectives";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const same = tf.tensor2d([[1, 0], [1, 0]]);
 * const rate = (tauPlus: number) =>
 *   familyClampRate(tf, [same, same], { form: "debiased", temperature: 0.5, tauPlus }).dataSync()[0];
 * assertEquals([rate(0), rate(0.9999)], [0, 0]); // negatives are as near as the positive is
 * const apart = tf.tensor2d([[1, 0], [-1, 0]]);
 * const far = { form: "debiased", temperature: 0.5, tauPlus: 0.1 } as const;
 * assertEquals(familyClampRate(tf, [apart, apart], far).dataSync()[0], 1);
 * ```
 */
export function familyClampRate(
  tf: Tf,
  views: readonly tf.Tensor2D[],
  member: FamilyMember,
): tf.Scalar {
  return tf.tidy(() => {
    const clamped = hasKernel("ContrastRows")
      ? runKernel("ContrastRows", { z: rows(tf, views) }, attributes(views, member))[1]
      : dense(tf, views, member).clamped;
    return clamped.mean().asScalar();
  });
}

/**
 * The mean of the losses of the rows z [V·B, dim], dim a multiple of 4, in linear memory; the
 * equations are in `lib/kernels/webgpu/contrast.ts`.
 */
function rowsLoss(z: tf.Tensor2D, attributes: ContrastAttributes): tf.Scalar {
  return withGradient([z], (save) => {
    const [losses, , negativeWeights, positiveWeights] = runKernel(
      "ContrastRows",
      { z },
      attributes,
    );
    save([z, negativeWeights, positiveWeights]);
    return {
      value: losses.mean<tf.Scalar>(),
      gradFunc: (dy, [z, negativeWeights, positiveWeights]) =>
        runKernel("ContrastRowsGrad", { z, negativeWeights, positiveWeights, dy }, attributes),
    };
  });
}

function attributes(
  { length }: readonly tf.Tensor2D[],
  { form, temperature, tauPlus = 0, beta = 0 }: FamilyMember,
): ContrastAttributes {
  return { views: length, form, temperature, tauPlus, beta };
}

/** All rows, with columns of zeros up to a multiple of four, which change no product. */
function rows(tf: Tf, views: readonly tf.Tensor2D[]): tf.Tensor2D {
  const z = tf.concat2d([...views], 0);
  const short = -views[0].shape[1] & 3;
  return short === 0 ? z : tf.pad2d(z, [[0, 0], [0, short]]);
}

function dense(
  tf: Tf,
  views: readonly tf.Tensor2D[],
  { form, temperature, tauPlus = 0, beta = 0 }: FamilyMember,
): Debiased & { readonly positives: tf.Tensor2D } {
  const { all, positives, examples, negatives: count } = similarities(tf, views, temperature);
  const omega = differ(examples);
  const sum = (scale: number) => maskedLogSumExp(tf, scale === 1 ? all : all.mul(scale), omega);
  const negatives: tf.Tensor1D = beta === 0
    ? sum(1)
    : sum(1 + beta).sub(sum(beta)).add(Math.log(count));
  if (form !== "debiased") return { gamma: negatives, clamped: tf.zerosLike(negatives), positives };
  return { ...debias(tf, { negatives, positives, count, tauPlus, temperature }), positives };
}
