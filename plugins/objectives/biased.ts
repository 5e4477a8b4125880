/**
 * NT-Xent, the loss that takes every other example for a negative.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { defineObjective } from "../../lib/plugin.ts";
import { familyLoss } from "../../lib/objectives/debiased_family.ts";
import { checkViews } from "../../lib/objectives/similarities.ts";

/**
 * NT-Xent (Chen et al. 2020, equation 1): mean over anchors i and their positives m of
 * −ln(e^(s_im) / (e^(s_im) + Σ over Ω_i of e^(s_ij))). With more than two views an anchor's other
 * positives are not in the denominator.
 */
export default defineObjective({
  name: "biased",
  summary: "NT-Xent, the standard contrastive loss (Chen et al. 2020, arXiv:2002.05709)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.5).describe("divides every similarity, t").meta(
      facts("training", { reference: true, overview: true }),
    ),
  }),
  create: ({ temperature }, { tf }) => ({
    symmetry: ["batch", "views"],
    loss: ({ views }) => {
      checkViews(views, { objective: "biased" });
      return familyLoss(tf, views, { form: "biased", temperature });
    },
  }),
});
