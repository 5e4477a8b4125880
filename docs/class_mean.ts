/**
 * The debiased loss with the class's true mean, by label, where the loss has e^(s⁺): what a perfect
 * estimate of that term is worth, with its gradient and without. For docs/over-correction.md:
 *
 *     Ng_i = (Σ over Ω_i of e^s − τ⁺·K·P_i) / (1 − τ⁺),  P_i = mean of e^(s_ij) over Ω_i of i's class
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { defineObjective, z } from "@tauplus/tauplus";
import {
  classIds,
  contrast,
  debias,
  differ,
  maskedLogSumExp,
  similarities,
} from "@tauplus/tauplus/objectives";

export default defineObjective({
  name: "class-mean",
  summary: "The debiased loss with the mean of the class, by label, for e^(s⁺)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.5).describe("divides every similarity, t"),
    tauPlus: z.number().min(0).lt(1).default(0.1).describe("class prior τ⁺"),
    constant: z.boolean().default(false).describe("let no gradient pass through the class's mean"),
  }),
  create: ({ temperature, tauPlus, constant }, { tf }) => ({
    symmetry: ["batch", "views"],
    loss: (input) =>
      tf.tidy(() => {
        const { all, positives, examples, negatives: count } = similarities(
          tf,
          input.views,
          temperature,
        );
        const others = differ(examples);
        const ofClass = tf.sub(1, differ(classIds(tf, "class-mean", input)))
          .mul<tf.Tensor2D>(others);
        const mean = maskedLogSumExp(tf, all, ofClass)
          .sub(ofClass.sum(1).maximum(1).log()).expandDims<tf.Tensor2D>(1);
        const held = constant
          ? tf.customGrad<tf.Tensor2D>((x) => ({
            value: (x as tf.Tensor2D).clone(),
            gradFunc: () => tf.zerosLike(mean),
          }))(mean)
          : mean;
        const negatives = maskedLogSumExp(tf, all, others);
        const { gamma } = debias(tf, { negatives, positives: held, count, tauPlus, temperature });
        return contrast(tf, gamma, positives);
      }),
  }),
});
