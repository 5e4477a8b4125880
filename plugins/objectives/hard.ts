/**
 * The debiased loss with hard negatives weighted up.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { contrast, debias } from "../../lib/objectives/contrast.ts";
import {
  checkViews,
  differ,
  maskedLogSumExp,
  similarities,
} from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/**
 * The debiased loss where the negatives' sum is importance-weighted by e^(β·s) (Robinson et al.
 * 2021, equation 4): Σ over Ω of e^s becomes K·Σ e^((1+β)s) / Σ e^(βs). The gradient passes through
 * the weights, as in the authors' code. β = 0 is the debiased loss.
 */
export default defineObjective({
  name: "hard",
  summary: "Debiased loss with hard negatives (Robinson et al. 2021, arXiv:2010.04592)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.5).describe("divides every similarity, t"),
    tauPlus: z.number().min(0).lt(1).default(0.1)
      .describe("class prior τ⁺: the probability that a negative is of the anchor's class"),
    beta: z.number().min(0).default(1)
      .describe("concentration β: how much closer negatives weigh more, 0 for not at all"),
  }),
  create: ({ temperature, tauPlus, beta }, { tf }) => {
    const estimate = (views: readonly tf.Tensor2D[]) => {
      checkViews(views, { objective: "hard" });
      const { all, positives, examples, negatives } = similarities(tf, views, temperature);
      const omega = differ(examples);
      const alpha = maskedLogSumExp(tf, all.mul(1 + beta), omega);
      const mu = maskedLogSumExp(tf, all.mul(beta), omega);
      const sum: tf.Tensor1D = alpha.sub(mu).add(Math.log(negatives));
      const input = { negatives: sum, positives, count: negatives, tauPlus, temperature };
      return { ...debias(tf, input), positives };
    };
    return {
      loss: ({ views }) =>
        tf.tidy(() => {
          const { gamma, positives } = estimate(views);
          return contrast(tf, gamma, positives);
        }),
      diagnostics: ({ views }) => ({
        clamp_rate: tf.tidy(() => estimate(views).clamped.mean().asScalar()),
      }),
    };
  },
});
