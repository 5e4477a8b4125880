/**
 * Mixed precision: while it is on, convolutions, matrix products and their gradients take their
 * operands as float16, and sum in float32 the products, which are exact. Images and their gradients
 * are stored as float16 between convolutions, batch normalization and ReLU; what any other kernel
 * takes or gives, and the gradients of weights, is float32.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyHalf, withStorage } from "./half.ts";
import { isHalf } from "./half_storage.ts";
import { emptyTensor, webgpuBackend } from "./program.ts";

/** The kernels that multiply, and which of their inputs are multiplied. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  Conv2D: ["x", "filter"],
  FusedConv2D: ["x", "filter"],
  Conv2DBackpropInput: ["dy", "filter"],
  Conv2DBackpropFilter: ["x", "dy"],
  BatchMatMul: ["a", "b"],
  _FusedMatMul: ["a", "b"],
};

/** Our kernels whose shaders convert what they load, so take float16 as it is stored. */
const TAKE_HALF = new Set([
  "Conv2D",
  "FusedConv2D",
  "Conv2DBackpropInput",
  "Conv2DBackpropFilter",
  "BatchMatMul",
  "_FusedMatMul",
  "BatchNormInference",
  "BatchNormTraining",
  "BatchNormTrainingGrad",
]);

/** Kernels that return the data of their input, however it is stored. */
const PASS_THROUGH = new Set(["Identity", "Reshape"]);

const mixed = new WeakSet<WebGPUBackend>();

/** Switches mixed precision on or off for what is recorded from now on. */
export function setMixed(backend: WebGPUBackend, on: boolean): void {
  if (on) mixed.add(backend);
  else mixed.delete(backend);
}

/** A new tensor for images that a convolution gives, or their gradient. */
export function emptyImages(backend: WebGPUBackend, shape: readonly number[]): tf.TensorInfo {
  return mixed.has(backend) ? emptyHalf(backend, shape) : emptyTensor(backend, shape);
}

/** Wraps every kernel of the backend so that its inputs are stored as it takes them. */
export function registerMixedPrecision(backendName: string): void {
  for (const config of tf.getKernelsForBackend(backendName)) {
    const { kernelName, kernelFunc } = config;
    if (PASS_THROUGH.has(kernelName)) continue;
    const operands = OPERANDS[kernelName] ?? [];
    const takesHalf = TAKE_HALF.has(kernelName);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        const backend = webgpuBackend(call.backend);
        const given = call.inputs as Record<string, tf.TensorInfo>;
        const rounds = operands.length > 0 && mixed.has(backend);
        if (!rounds && !Object.values(given).some(isHalf)) return kernelFunc(call);
        const run = (inputs: Record<string, tf.TensorInfo>) => kernelFunc({ ...call, inputs });
        return withStorage(
          backend,
          given,
          (name) => isHalf(given[name]) || (rounds && operands.includes(name)),
          (inputs) => takesHalf ? run(inputs) : withStorage(backend, inputs, () => false, run),
        );
      },
    });
  }
}
