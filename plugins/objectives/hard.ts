/**
 * The debiased loss with hard negatives weighted up.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { familyClampRate, familyLoss } from "../../lib/objectives/debiased_family.ts";
import { checkViews } from "../../lib/objectives/similarities.ts";
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
    temperature: z.number().positive().default(0.5).describe("divides every similarity, t").meta(
      facts("training", { overview: true }),
    ),
    tauPlus: z.number().min(0).lt(1).default(0.1)
      .describe("class prior τ⁺: the probability that a negative is of the anchor's class").meta(
        facts("training", { overview: true }),
      ),
    beta: z.number().min(0).default(1)
      .describe("concentration β: how much closer negatives weigh more, 0 for not at all").meta(
        facts("training", { overview: true }),
      ),
  }),
  create: ({ temperature, tauPlus, beta }, { tf }) => {
    const member = { form: "debiased", temperature, tauPlus, beta } as const;
    return {
      symmetry: ["batch", "views"],
      loss: ({ views }) => {
        checkViews(views, { objective: "hard" });
        return familyLoss(tf, views, member);
      },
      diagnostics: ({ views }) => {
        checkViews(views, { objective: "hard" });
        return { clamp_rate: familyClampRate(tf, views, member) };
      },
    };
  },
});
