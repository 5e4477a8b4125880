/**
 * What the ResNet encoders share. Light to load: the network itself is imported on use.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import { defineEncoder, type Plugin } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import type { Block } from "./resnet.ts";

const options = z.strictObject({
  stem: z.enum(["small", "imagenet"]).default("small").describe(
    "first layers: small is 3x3 at stride 1, imagenet is 7x7 at stride 2 and max-pool",
  ).meta(facts("input")),
});

/** An encoder plugin for the residual network of some block and number of blocks per stage. */
export function resnetEncoder(
  name: string,
  block: Block,
  depths: readonly number[],
): Plugin<"encoder", typeof options> {
  return defineEncoder({
    name,
    summary: `ResNet-${
      name.replace(/\D/g, "")
    } as torchvision's (He et al. 2016, arXiv:1512.03385)`,
    options,
    create: async ({ stem }, env) => {
      const { ENCODER_WEIGHTS, imageChannels, resnet, resnetDim } = await import("./mod.ts");
      const channels = imageChannels(name, env.inputShape);
      const random = rng(env.seed, STREAM.weights, ENCODER_WEIGHTS);
      return {
        model: resnet({ block, depths, stem, channels }, random),
        dim: resnetDim({ block, depths }),
        anySize: true,
      };
    },
  });
}
