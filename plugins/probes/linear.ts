/**
 * Linear evaluation, the usual evaluation of an encoder.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { defineProbe } from "../../lib/plugin.ts";

/** A linear classifier on frozen features, fitted to its optimum or as the reference code does. */
export default defineProbe({
  name: "linear",
  summary: "Linear classifier on frozen features",
  options: z.strictObject({
    protocol: z.enum(["standard", "dcl"]).default("standard").describe(
      "standard: L-BFGS to the optimum, L2 chosen on a held-out fifth of the training examples; " +
        "dcl: the reference's Adam on augmented images",
    ).meta(facts("evaluation")),
    epochs: z.int().min(1).default(100).describe("dcl: passes over the training images").meta(
      facts("evaluation", { reference: true }),
    ),
    batchSize: z.int().min(1).default(512).describe("dcl: images per step").meta(
      facts("evaluation", { reference: true }),
    ),
    learningRate: z.number().positive().default(1e-3).describe("dcl: Adam's learning rate").meta(
      facts("evaluation"),
    ),
    weightDecay: z.number().min(0).default(1e-6).describe("dcl: L2 added to the gradient").meta(
      facts("evaluation"),
    ),
  }),
  create: async (options, env) => {
    const { linear } = await import("../../lib/evaluate/linear.ts");
    return { evaluate: (input) => linear(input, options, env) };
  },
});
