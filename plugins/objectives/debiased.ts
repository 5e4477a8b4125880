/**
 * The debiased contrastive loss, what tauplus is about.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { familyClampRate, familyLoss } from "../../lib/objectives/debiased_family.ts";
import { checkViews } from "../../lib/objectives/similarities.ts";
import { defineObjective } from "../../lib/plugin.ts";

/**
 * NT-Xent with the expected false negatives taken out of the negatives' sum (Chuang et al. 2020,
 * equation 8): mean of −ln(pos / (pos + Ng)) with
 * Ng = max((Σ over Ω of e^s − τ⁺·K·mean of e^s over the M positives) / (1 − τ⁺), K·e^(−1/t)).
 * M positives ask for M + 1 views.
 */
export default defineObjective({
  name: "debiased",
  summary: "Debiased contrastive loss (Chuang et al. 2020, arXiv:2007.00224)",
  options: z.strictObject({
    temperature: z.number().positive().default(0.5).describe("divides every similarity, t").meta(
      facts("training", { reference: true, overview: true }),
    ),
    tauPlus: z.number().min(0).lt(1).default(0.1)
      .describe("class prior τ⁺: the probability that a negative is of the anchor's class").meta(
        facts("training", { reference: true, overview: true }),
      ),
    positives: z.int().min(1).default(1)
      .describe("positives of each anchor, M; an example is seen in M + 1 views").meta(
        facts("training"),
      ),
  }),
  create: ({ temperature, tauPlus, positives: m }, { tf }) => {
    const member = { form: "debiased", temperature, tauPlus } as const;
    const check = (views: readonly tf.Tensor2D[]) =>
      checkViews(views, {
        objective: "debiased",
        exactly: m + 1,
        next: `Give positives + 1 views, or set --positives=${Math.max(views.length - 1, 1)}.`,
      });
    return {
      views: m + 1,
      symmetry: ["batch", "views"],
      loss: ({ views }) => {
        check(views);
        return familyLoss(tf, views, member);
      },
      diagnostics: ({ views }) => {
        check(views);
        return { clamp_rate: familyClampRate(tf, views, member) };
      },
    };
  },
});
