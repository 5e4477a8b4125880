/**
 * A plain convolutional network for small images.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Rng } from "../random.ts";
import { AdaptiveAveragePool } from "./pools.ts";
import { applyLayer, batchNormRelu, conv2d, globalAveragePool } from "./conv.ts";
import { initialize } from "./initialize.ts";

/** One stage: 3×3 convolution, batch norm, ReLU. */
export interface ConvStage {
  /** Channels of the output. */
  readonly width: number;
  /** Step of the convolution. */
  readonly stride: number;
}

/**
 * Stages, then means over the cells of a grid × grid layout of the image: images of any size
 * [b, h, w, channels] → [b, grid²·last width].
 *
 * @example Two by two cells of a gray image
 * ```ts
 * import { rng } from "@tauplus/tauplus";
 * import { convNet } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const stages = [{ width: 4, stride: 1 }, { width: 8, stride: 2 }];
 * const model = convNet(1, stages, rng(0), 2);
 * const features = model.apply(tf.zeros([3, 8, 8, 1])) as tf.Tensor;
 * assertEquals(features.shape, [3, 2 * 2 * 8]);
 * ```
 */
export function convNet(
  channels: number,
  stages: readonly ConvStage[],
  random: Rng,
  grid = 1,
): tf.LayersModel {
  const input = tf.input({ shape: [null, null, channels], name: "image" });
  const last = stages.reduce((x, { width, stride }, i) => {
    x = conv2d(x, { name: `conv${i + 1}`, filters: width, kernelSize: 3, stride });
    return batchNormRelu(x, `bn${i + 1}`, `relu${i + 1}`);
  }, input);
  // The stock layer where it is enough, so that any TensorFlow.js loads the model.
  const features = grid === 1
    ? globalAveragePool(last, "avgpool")
    : applyLayer(new AdaptiveAveragePool({ name: "avgpool", size: grid }), last);
  const model = tf.model({ inputs: input, outputs: features });
  initialize(model, random);
  return model;
}
