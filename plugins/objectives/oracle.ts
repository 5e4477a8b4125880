/**
 * The contrastive loss over true negatives, known by label.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { labeledSimilarities } from "../../lib/objectives/class_ids.ts";
import { contrast } from "../../lib/objectives/contrast.ts";
import { maskedLogSumExp } from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/**
 * The unbiased loss the debiased one estimates without labels (Chuang et al. 2020, equation 2 with
 * Q = K): mean of −ln(pos / (pos + K · mean of e^s over the rows of other classes)). An anchor
 * without any row of another class has loss 0. An upper bound for comparison, as it uses labels.
 */
export default defineObjective({
  name: "oracle",
  summary: "Contrast with true negatives by label, the paper's upper bound (arXiv:2007.00224)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.5).describe("divides every similarity, t").meta(
      facts("training", { overview: true }),
    ),
  }),
  create: ({ temperature }, { tf }) => ({
    symmetry: ["batch", "views"],
    loss: (input) =>
      tf.tidy(() => {
        const { all, positives, negatives, otherClass: others } = labeledSimilarities(
          tf,
          "oracle",
          input,
          temperature,
        );
        const scale = others.sum<typeof others>(1).maximum(1).log().neg().add(Math.log(negatives));
        const sum = maskedLogSumExp(tf, all, others).add(scale);
        return contrast(tf, sum.as1D(), positives);
      }),
  }),
});
