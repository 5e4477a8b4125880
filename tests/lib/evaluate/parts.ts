/** Small features, a small labeled dataset and a small encoder, for the tests of evaluation. */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../../../lib/device/device.ts";
import type { Dataset, Encoder, Split } from "../../../lib/plugin.ts";
import { rng } from "../../../lib/random.ts";

export { blobs } from "../../../lib/plugin_check/probe_checks.ts";

/** 4×4 images, brighter by class; labels in turn, one of `unlabeled` has −1 where that is not 0. */
export function imageSplit(length: number, seed: number, unlabeled = 0): Split {
  const pixels = (index: number) => {
    const random = rng(seed, index);
    return Array.from({ length: 16 }, (_, at) => 60 * (index % 3) * (at % 2) + random.int(40));
  };
  return {
    length,
    labels: Int32Array.from({ length }, (_, i) => unlabeled && i % unlabeled === 1 ? -1 : i % 3),
    read: (indices) => Uint8Array.from(Array.from(indices).flatMap(pixels)),
  };
}

/** A dataset of them. */
export function imageDataset(splits?: Record<string, Split>): Dataset {
  return {
    classes: ["dark", "gray", "light"],
    shape: [4, 4, 1],
    mean: [0.3],
    std: [0.2],
    splits: splits ?? { train: imageSplit(21, 1), test: imageSplit(10, 2) },
  };
}

/** Batch norm with statistics that are not its initial ones, dropout, and a dense layer to 5. */
export function denseEncoder({ tf }: Device): Encoder & { model: tf.Sequential } {
  const constant = (value: number) => tf.initializers.constant({ value });
  const model = tf.sequential({
    layers: [
      tf.layers.batchNormalization({
        inputShape: [4, 4, 1],
        movingMeanInitializer: constant(0.25),
        movingVarianceInitializer: constant(4),
      }),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({
        units: 5,
        activation: "relu",
        kernelInitializer: tf.initializers.randomNormal({ seed: 3 }),
        biasInitializer: constant(0.1),
      }),
    ],
  });
  return { model, dim: 5, anySize: false };
}
