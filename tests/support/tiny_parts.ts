/** A training small enough for tests: 32 images of 8×8 in four classes, one convolution. */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../../lib/device/device.ts";
import { convNet } from "../../lib/nn/conv_net.ts";
import type { Dataset, Encoder, Objective, Split } from "../../lib/plugin.ts";
import { rng } from "../../lib/random.ts";
import { type TrainOptions, trainOptions } from "../../lib/train/options.ts";
import type { TrainParts } from "../../lib/train/train.ts";
import { viewOptions } from "../../lib/views/options.ts";

const SIZE = 8;

/** Stripes of two brightnesses, other ones in every image, with noise. */
export function tinyDataset(length = 32): Dataset {
  const labels = Int32Array.from({ length }, (_, i) => i % 4);
  const pixel = (index: number, at: number) =>
    40 * (at % 2 === 0 ? index % 6 : Math.floor(index / 6)) + rng(7, index, at).int(16);
  const images = Array.from(
    { length },
    (_, index) => Uint8Array.from({ length: SIZE * SIZE }, (_, at) => pixel(index, at)),
  );
  const train: Split = {
    length,
    labels,
    read: (indices) => {
      const batch = new Uint8Array(indices.length * SIZE * SIZE);
      Array.from(indices).forEach((index, row) => batch.set(images[index], row * SIZE * SIZE));
      return batch;
    },
  };
  return {
    classes: ["a", "b", "c", "d"],
    shape: [SIZE, SIZE, 1],
    mean: [0.4],
    std: [0.2],
    splits: { train },
  };
}

/** One convolution with batch norm and a mean over the image. */
export function tinyEncoder(): Encoder {
  return { model: convNet(1, [{ width: 8, stride: 1 }], rng(3)), dim: 8, anySize: true };
}

/** NT-Xent of two views at temperature 0.5, written out. */
export function tinyObjective({ tf }: Device): Objective {
  return {
    loss: ({ views }) =>
      tf.tidy(() => {
        const z = tf.concat2d([...views], 0);
        const other = tf.concat2d([...views].reverse(), 0);
        const all = z.matMul(z, false, true).div(0.5);
        const self = tf.eye(z.shape[0]).mul(-1e9);
        return tf.logSumExp(all.add(self), 1).sub(z.mul(other).sum(1).div(0.5)).mean().asScalar();
      }),
  };
}

/** {@linkcode tinyObjective} with state: a trained scale and a mean that follows the embeddings. */
export function statefulObjective(device: Device): Objective {
  const { tf } = device;
  const plain = tinyObjective(device);
  const scale = tf.variable(tf.scalar(1), true);
  const mean = tf.variable(tf.zeros<tf.Rank.R1>([8]), false);
  return {
    variables: [scale, mean],
    loss: ({ views }) =>
      tf.tidy(() =>
        plain.loss({ views: views.map((view) => view.sub<tf.Tensor2D>(mean).mul(scale)) })
      ),
    diagnostics: () => ({ scale: tf.tidy(() => scale.clone().asScalar()) }),
    afterStep: ({ views }) =>
      tf.tidy(() => mean.assign(mean.mul(0.9).add(views[0].mean<tf.Tensor1D>(0).mul(0.1)))),
  };
}

/** All of it; two epochs of four steps. */
export function tinyParts(device: Device): TrainParts {
  return {
    device,
    dataset: tinyDataset(),
    encoder: tinyEncoder(),
    objective: tinyObjective(device),
    views: viewOptions.parse({ cropSize: SIZE, cropScaleMin: 0.5, jitter: 0, flip: 0, blur: 0 }),
  };
}

/** Options for {@linkcode tinyParts}. */
export function tinyOptions(options: Partial<TrainOptions> = {}): TrainOptions {
  return trainOptions.parse({
    featureDim: 8,
    batchSize: 8,
    epochs: 2,
    learningRate: 0.01,
    saveEvery: 1,
    logEvery: 3,
    ...options,
  });
}
