/**
 * A plain convolutional network, the quick encoder for small images.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { UsageError } from "../../lib/errors.ts";
import { defineEncoder } from "../../lib/plugin.ts";
import { rng, STREAM } from "../../lib/random.ts";

/** 3×3 convolutions with batch norm and ReLU, then the mean over the image. */
export default defineEncoder({
  name: "conv",
  summary: "Plain 3x3 convolutions with batch norm, for small images",
  options: z.strictObject({
    widths: z.array(z.number().int().positive()).min(1).default([32, 64, 128])
      .describe("channels of each convolution").meta(facts("input")),
    strides: z.array(z.number().int().positive()).min(1).default([2, 2, 2])
      .describe("step of each convolution").meta(facts("input")),
    grid: z.number().int().min(1).max(8).default(1)
      .describe("features are means over a grid × grid layout of the image; 1: over all of it")
      .meta(facts("input")),
  }),
  create: async ({ widths, strides, grid }, env) => {
    if (widths.length !== strides.length) {
      throw new UsageError({
        act: "build the encoder conv",
        rule: "widths and strides must be equally many",
        got: `widths ${widths} and strides ${strides}`,
        next: "Give one stride per width.",
      });
    }
    const { convNet, ENCODER_WEIGHTS, imageChannels } = await import("../../lib/nn/mod.ts");
    const stages = widths.map((width, i) => ({ width, stride: strides[i] }));
    const random = rng(env.seed, STREAM.weights, ENCODER_WEIGHTS);
    return {
      model: convNet(imageChannels("conv", env.inputShape), stages, random, grid),
      dim: grid ** 2 * widths[widths.length - 1],
      anySize: true,
    };
  },
});
