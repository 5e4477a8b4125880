/**
 * Registers this folder's kernels, in place of the stock kernels that were copied to our backend.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { KernelCalls } from "../calls.ts";
import { averagePool, averagePoolGradient } from "./average_pool.ts";
import { batchNormInference, batchNormTraining } from "./batch_norm.ts";
import { batchNormTrainingGradient } from "./batch_norm_gradient.ts";
import { contrastRows } from "./contrast.ts";
import { contrastRowsGradient } from "./contrast_gradient.ts";
import { conv2d } from "./conv2d.ts";
import { conv2dFilterGradient } from "./conv2d_filter_gradient.ts";
import { conv2dInputGradient } from "./conv2d_input_gradient.ts";
import { withStorage } from "./mixed.ts";
import { matMul } from "./mat_mul.ts";
import { maxPool, maxPoolGradient } from "./max_pool.ts";
import { optimizerStep } from "./optimizer.ts";
import { freeingOnError, webgpuBackend } from "./program.ts";
import { randomViews } from "./random_views.ts";
import { mean, sum } from "./reduce.ts";
import { softmaxRegression } from "./softmax_regression.ts";
import { topCandidates } from "./top_k.ts";
import { unscaleGradients } from "./unscale.ts";

/** A kernel; returns undefined if the stock kernel must run. */
export type Kernel<A> = (
  backend: WebGPUBackend,
  inputs: Record<string, tf.TensorInfo>,
  attrs: A,
) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** The kernels that TensorFlow.js does not have. */
const OWN: { readonly [K in keyof KernelCalls]: Kernel<KernelCalls[K]> } = {
  AdaptiveAveragePool: averagePool,
  AdaptiveAveragePoolGrad: averagePoolGradient,
  MaxPoolWithIndices: maxPool,
  MaxPoolWithIndicesGrad: maxPoolGradient,
  BatchNormInference: batchNormInference,
  BatchNormTraining: batchNormTraining,
  BatchNormTrainingGrad: batchNormTrainingGradient,
  ContrastRows: contrastRows,
  ContrastRowsGrad: contrastRowsGradient,
  OptimizerStep: optimizerStep,
  RandomViews: randomViews,
  SoftmaxRegression: softmaxRegression,
  TopCandidates: topCandidates,
  UnscaleGradients: unscaleGradients,
};

/** The kernels of this folder, by the names under which they are registered. */
export const WEBGPU_KERNELS: Readonly<Record<string, Kernel<never>>> = {
  ...OWN,
  Conv2D: conv2d,
  FusedConv2D: conv2d,
  Conv2DBackpropInput: conv2dInputGradient,
  Conv2DBackpropFilter: conv2dFilterGradient,
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  Sum: sum,
  Mean: mean,
};

/** Registers the kernels on our backend, after the stock ones were copied to it. */
export function registerWebgpuKernels(backendName: string): void {
  for (const [name, kernel] of Object.entries(WEBGPU_KERNELS)) {
    replaceKernel(backendName, name, kernel);
  }
}

/** Registers one kernel. The stock kernel, if there is one, runs where this one returns undefined. */
export function replaceKernel(
  backendName: string,
  kernelName: string,
  kernel: Kernel<never>,
): void {
  const stock = tf.getKernel(kernelName, backendName);
  if (stock) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({
    ...stock,
    kernelName,
    backendName,
    kernelFunc: (call) => {
      const inputs = call.inputs as Record<string, tf.TensorInfo>;
      const backend = webgpuBackend(call.backend);
      const output = freeingOnError(backend, () => kernel(backend, inputs, call.attrs as never));
      if (output) return output;
      if (!stock) throw new Error(`${kernelName} is not there for these inputs on webgpu`);
      // The stock kernel knows no float16.
      const { kernelFunc } = stock;
      return withStorage(backend, inputs, () => false, (inputs) => kernelFunc({ ...call, inputs }));
    },
  });
}
