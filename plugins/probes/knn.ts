/**
 * Weighted k-nearest-neighbor classification, the quick evaluation of an encoder.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { defineProbe } from "../../lib/plugin.ts";

/** The reference code's kNN: k neighbors by cosine, each with the weight exp(s / temperature). */
export default defineProbe({
  name: "knn",
  summary: "Weighted k nearest neighbors by cosine (Wu et al. 2018, arXiv:1805.01978)",
  options: z.strictObject({
    k: z.int().min(1).default(200).describe("training examples that vote, the nearest ones").meta(
      facts("evaluation", { reference: true, bound: "labeled" }),
    ),
    temperature: z.number().positive().default(0.5)
      .describe("an example of cosine similarity s votes with the weight exp(s / temperature)")
      .meta(facts("evaluation")),
  }),
  create: async (options, env) => {
    const { knn } = await import("../../lib/evaluate/knn.ts");
    return { evaluate: (input) => knn(input, options, env) };
  },
});
