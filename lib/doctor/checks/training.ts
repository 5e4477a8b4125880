/**
 * What else a step of training does: views, the optimizers, scaled gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { rng, STREAM, streamKey } from "../../random.ts";
import { runKernel } from "../../kernels/calls.ts";
import { makeOptimizer, UPDATE_RULES } from "../../train/optimizer.ts";
import { augment } from "../../views/augment.ts";
import { makeViews, putImages } from "../../views/on_device.ts";
import { viewOptions } from "../../views/options.ts";
import { type KernelCheck, normal, normals } from "../kernel_check.ts";

const GROUP = "views, optimizers";

/** Shapes of images; the options have every augmentation often. */
const IMAGES: readonly number[][] = [[13, 9, 3], [7, 21, 1]];
const VIEWS = viewOptions.parse({
  cropSize: 11,
  blurKernel: 5,
  jitter: 0.9,
  grayscale: 0.3,
  blur: 0.7,
});
const COUNT = 12, VIEW_COUNT = 2, SEED = 1, EPOCH = 2;
const MEAN = [0.5, 0.4, 0.3], STD = [0.2, 0.25, 0.3];

function images(shape: readonly number[]) {
  const [height, width, channels] = shape;
  const random = rng(5, ...shape);
  return {
    bytes: Uint8Array.from({ length: COUNT * height * width * channels }, () => random.int(256)),
    indices: Array.from({ length: COUNT }, (_, i) => 100 + 7 * i),
    mean: MEAN.slice(0, channels),
    std: STD.slice(0, channels),
  };
}

function viewsOnDevice(): tf.Tensor[] {
  return IMAGES.flatMap((shape) => {
    const { bytes, ...given } = images(shape);
    return makeViews(putImages(bytes, bytes.length / COUNT, 2 ** 20), {
      ...given,
      rows: [...given.indices.keys()],
      key: streamKey(SEED, STREAM.views, EPOCH),
      viewCount: VIEW_COUNT,
      shape,
      options: VIEWS,
    });
  });
}

function viewsExpected(): Float32Array[] {
  return IMAGES.flatMap((shape) => {
    const { bytes, indices, mean, std } = images(shape);
    return Array.from({ length: VIEW_COUNT }, (_, view) => {
      const key = { seed: SEED, epoch: EPOCH, view };
      return augment(bytes, shape, indices, key, VIEWS, mean, std);
    });
  });
}

/** The weights after three steps of each optimizer. */
function optimizers(): tf.Tensor[] {
  const shapes = [[3, 3, 5, 4], [7, 11], [64], [5]];
  return Object.keys(UPDATE_RULES).flatMap((optimizer) => {
    const weights = shapes.map((shape, i) => tf.variable(normal(i, shape)));
    const parameters = new Map(weights.map((weight) => [weight.name, weight]));
    const update = makeOptimizer(parameters, {
      optimizer: optimizer as keyof typeof UPDATE_RULES,
      weightDecay: 0.01,
      momentum: 0.9,
    });
    for (let step = 0; step < 3; step++) {
      const grads = shapes.map((shape, i) => [weights[i].name, normal(10 * step + i, shape)]);
      update.step(Object.fromEntries(grads), 0.05);
    }
    const updated = weights.map((weight) => weight.clone());
    update.dispose();
    tf.dispose(weights);
    return updated;
  });
}

/** Gradients, one of which is not finite; and their division by 2¹⁶. */
const GRADIENTS = [1, 3, 130].map((length) => normals(length, length));
const SCALE = 2 ** 16;

export const trainingChecks: readonly KernelCheck[] = [
  {
    group: GROUP,
    name: "random views of images",
    kernels: { webgpu: ["RandomViews"] },
    tolerance: 1e-5,
    compute: viewsOnDevice,
    expected: viewsExpected,
  },
  {
    group: GROUP,
    name: `optimizers: ${Object.keys(UPDATE_RULES).join(", ")}`,
    kernels: { webgpu: ["OptimizerStep"] },
    tolerance: 1e-5,
    compute: optimizers,
  },
  {
    group: GROUP,
    name: "gradients of a scaled loss, and whether one is infinite",
    kernels: { webgpu: ["UnscaleGradients"] },
    tolerance: 0,
    compute: () =>
      [GRADIENTS, [...GRADIENTS, Float32Array.of(1, Infinity)]].flatMap((gradients) => {
        const inputs = Object.fromEntries(gradients.map((g, i) => [`g${i}`, tf.tensor1d(g)]));
        const factor = 1 / SCALE;
        const [overflow, ...unscaled] = runKernel("UnscaleGradients", inputs, { factor });
        return [overflow, ...unscaled.slice(0, GRADIENTS.length)];
      }),
    expected: () => {
      const unscaled = GRADIENTS.map((gradient) => gradient.map((g) => g / SCALE));
      return [[0], ...unscaled, [1], ...unscaled];
    },
  },
];
