/**
 * Decoupled contrastive learning, also abbreviated DCL; not the debiased loss.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { familyLoss } from "../../lib/objectives/debiased_family.ts";
import { checkViews } from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/**
 * NT-Xent without the positive in the denominator (Yeh et al. 2022, equation 6, unit weights):
 * mean over anchors i of ln Σ over Ω_i of e^(s_ij) − mean of s to the positives. Code that adds the
 * means of both directions gives twice this.
 */
export default defineObjective({
  name: "decoupled",
  summary: "Decoupled contrastive loss (Yeh et al. 2022, arXiv:2110.06848)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.1).describe("divides every similarity, t").meta(
      facts("training", { overview: true }),
    ),
  }),
  create: ({ temperature }, { tf }) => ({
    symmetry: ["batch", "views"],
    loss: ({ views }) => {
      checkViews(views, { objective: "decoupled" });
      return familyLoss(tf, views, { form: "decoupled", temperature });
    },
  }),
});
