/**
 * Procedural images whose classes are known, to set τ⁺ to the truth.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { defineDataset } from "../../lib/plugin.ts";

/**
 * Striped patches at random places; the class sets direction and density of the stripes, and beyond
 * 10 classes the outline. Raw pixels tell classes apart above chance, a trained encoder better.
 *
 * The true τ⁺ is Σ p_c² (`collisionProbability(labels)`): 1 / classes
 * where balanced. With imbalance ρ the share of class c is p_c ∝ ρ^(−c / (classes − 1)) in `train`;
 * `test` is balanced. For 10 classes: ρ = 1, 10, 100 give τ⁺ = 0.100, 0.149, 0.253.
 */
export default defineDataset({
  name: "synthetic",
  summary: "Procedural textures, any number and balance of classes; balanced, τ⁺ is 1 / classes",
  options: z.strictObject({
    classes: z.int().min(2).max(50).default(10).describe("number of classes").meta(facts("input")),
    size: z.int().min(16).max(512).default(32).describe("height and width, in pixels").meta(
      facts("input"),
    ),
    train: z.int().min(2).default(4096).describe("number of training images").meta(facts("input")),
    test: z.int().min(2).default(1024).describe("number of test images").meta(facts("input")),
    imbalance: z.number().min(1).default(1)
      .describe("training images of the most frequent class per one of the least frequent, ρ").meta(
        facts("input"),
      ),
    noise: z.number().min(0).max(1).default(0.05)
      .describe("standard deviation of the pixels' noise, of a range of 1").meta(facts("input")),
    dataSeed: z.int().min(0).default(0).describe("seed of the images, apart from the run's seed")
      .meta(facts("input")),
  }),
  create: async ({ classes, size, train, test, imbalance, noise, dataSeed: seed }) => {
    const { syntheticSplit } = await import("../../lib/data/synthetic.ts");
    const { syntheticClassName } = await import("../../lib/data/synthetic.ts");
    const { channelStatistics } = await import("../../lib/data/normalization.ts");
    const shared = { classes, size, noise, seed };
    const splits = {
      train: syntheticSplit({ ...shared, length: train, imbalance, split: 0 }),
      test: syntheticSplit({ ...shared, length: test, imbalance: 1, split: 1 }),
    };
    return {
      classes: Array.from({ length: classes }, (_, label) => syntheticClassName(label, classes)),
      shape: [size, size, 3],
      ...await channelStatistics(splits.train, 3, 256),
      splits,
    };
  },
});
