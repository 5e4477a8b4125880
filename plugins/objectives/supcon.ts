/**
 * Supervised contrastive learning.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { labeledSimilarities } from "../../lib/objectives/class_ids.ts";
import { differ, maskedLogSumExp } from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/**
 * L_out (Khosla et al. 2020, equation 2), as a mean over anchors: with A(i) all rows but i and
 * P(i) those of the class of i, ln Σ over A(i) of e^(s_ia) − mean over P(i) of s_ip. The authors'
 * code multiplies this by t over a base temperature of 0.07, which only scales the learning rate.
 */
export default defineObjective({
  name: "supcon",
  summary: "Supervised contrastive loss, needs labels (Khosla et al. 2020, arXiv:2004.11362)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.1).describe("divides every similarity, t").meta(
      facts("training", { overview: true }),
    ),
  }),
  create: ({ temperature }, { tf }) => ({
    symmetry: ["batch", "views"],
    loss: (input) =>
      tf.tidy(() => {
        const { all, otherClass } = labeledSimilarities(tf, "supcon", input, temperature);
        const others = differ(tf.range(0, all.shape[0]));
        const positive = others.sub(otherClass);
        const mean = all.mul(positive).sum(1).div(positive.sum(1));
        return maskedLogSumExp(tf, all, others).sub(mean).mean().asScalar();
      }),
  }),
});
