/**
 * Layers between convolutions: batch norm, ReLU, pools.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { averagePool, maxPool } from "../../nn/pools.ts";
import { BatchNorm } from "../../nn/batch_norm.ts";
import {
  batchNormInference,
  type BatchNormInputs,
  batchNormTraining,
} from "../../nn/batch_norm_functions.ts";
import type { KernelCheck } from "../kernel_check.ts";
import { normal, withGradients } from "../kernel_check.ts";

const GROUP = "batch norm, ReLU, pools";

const EPSILON = 1e-5;
/** Channels by ones and by fours; rows of one walk and of many. */
const SHAPES = [[33, 9, 7, 4], [70, 3], [5, 3, 3, 65]];

/** Calls `layer` on x, γ, β and for one of three times a residual, and gives its gradients. */
function withEnds(
  shape: number[],
  layer: (x: tf.Tensor, normalization: BatchNormInputs) => tf.Tensor,
): tf.Tensor[] {
  const channels = shape.slice(-1);
  const inputs = () => [normal(5, shape), normal(6, channels), normal(7, channels)];
  return [
    ...[false, true].flatMap((relu) =>
      withGradients(
        (x, gamma, beta) => layer(x, { gamma, beta, epsilon: EPSILON, relu }),
        inputs(),
      )
    ),
    ...withGradients(
      (x, gamma, beta, residual) =>
        layer(x, { gamma, beta, epsilon: EPSILON, relu: true, residual }),
      [...inputs(), normal(8, shape)],
    ),
  ];
}

/** Training by the statistics of the batch, its gradients, and the running statistics after it. */
function training(): tf.Tensor[] {
  return SHAPES.flatMap((shape) => {
    const channels = shape.slice(-1);
    const layer = new BatchNorm();
    layer.build([null, ...channels]);
    const [, , mean, variance] = layer.weights;
    const running = { mean, variance, momentum: 0.1 };
    const outputs = withEnds(shape, (x, options) => batchNormTraining(x, options, running));
    const statistics = [mean, variance].map((weight) => weight.read().clone());
    tf.dispose(layer.weights.map((weight) => weight.read()));
    return [...outputs, ...statistics];
  });
}

export const layerChecks: readonly KernelCheck[] = [
  {
    group: GROUP,
    name: "batch norm in training with residual and ReLU, and its gradients",
    kernels: { webgpu: ["BatchNormTraining", "BatchNormTrainingGrad"] },
    tolerance: 1e-4,
    compute: training,
  },
  {
    group: GROUP,
    name: "batch norm in evaluation with residual and ReLU, and its gradients",
    kernels: { webgpu: ["BatchNormInference"] },
    tolerance: 1e-4,
    compute: () =>
      SHAPES.flatMap((shape) => {
        const channels = shape.slice(-1);
        const mean = normal(3, channels), variance = normal(4, channels).square().add(0.5);
        return withEnds(shape, (x, options) => batchNormInference(x, mean, variance, options));
      }),
  },
  {
    group: GROUP,
    name: "average pool to a grid, and its gradient",
    kernels: { webgpu: ["AdaptiveAveragePool", "AdaptiveAveragePoolGrad"] },
    tolerance: 1e-5,
    compute: () =>
      [1, 2].flatMap((size) =>
        withGradients((x) => averagePool(x, size), [normal(1, [2, 7, 5, 6])])
      ),
  },
  {
    group: GROUP,
    name: "max pool, and its gradient",
    kernels: { webgpu: ["MaxPoolWithIndices", "MaxPoolWithIndicesGrad"] },
    tolerance: 1e-6,
    compute: () =>
      [3, 4].flatMap((channels) =>
        withGradients(
          (x) => maxPool(x as tf.Tensor4D, { size: 3, stride: 2, padding: 1 }),
          [normal(1, [2, 9, 8, channels]).abs()],
        )
      ),
  },
  {
    group: "float16",
    name: "batch norm with a residual and ReLU on images stored as float16",
    kernels: { webgpu: ["BatchNormTraining", "BatchNormTrainingGrad"] },
    mixed: true,
    tolerance: 2e-2,
    compute: () => block().map((stored) => stored.add(0)),
  },
];

/** What a residual block does to the images of a convolution, which mixed precision stores as float16. */
function block(): tf.Tensor[] {
  const layer = new BatchNorm();
  layer.build([null, 8]);
  const [, , mean, variance] = layer.weights;
  const outputs = withGradients(
    (x, w, gamma, beta) => {
      const images = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
      const running = { mean, variance, momentum: 0.1 };
      const options = { gamma, beta, epsilon: EPSILON, relu: true };
      const residual = batchNormTraining(images, options, running);
      return batchNormTraining(images, { ...options, residual }, running);
    },
    [normal(1, [4, 6, 5, 3]), normal(2, [3, 3, 3, 8]), normal(3, [8]), normal(4, [8])],
  );
  tf.dispose(layer.weights.map((weight) => weight.read()));
  return outputs;
}
