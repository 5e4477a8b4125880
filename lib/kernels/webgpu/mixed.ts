/**
 * Mixed precision. While it is on, convolutions, matrix products and their gradients round their
 * operands to float16. The products are exact in float32, and are summed in float32. Images and their
 * gradients are stored as float16 between convolutions, batch normalization and ReLU. The inputs and
 * outputs of all other kernels, and the gradients of weights, are float32.
 *
 * Tensors of float32 are converted to float16 (IEEE 754 binary16) and back. Values are rounded to the
 * nearest, ties to even; those beyond 65,504 become infinite.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { isHalf, markHalf } from "./half_storage.ts";
import { emptyTensor, runProgram, webgpuBackend } from "./program.ts";
import { threadGrid, threadMain } from "./threads.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const WGSL = `${threadMain("i")}
  if (i < u.size) { y[i] = y_element(x[i]); }
}`;

/** A new tensor stored as float16. Its values are undefined until a program has written them. */
export function emptyHalf(backend: WebGPUBackend, shape: readonly number[]): tf.TensorInfo {
  const { dataId, dtype } = emptyTensor(backend, [
    Math.ceil(tf.util.sizeFromShape([...shape]) / 2),
  ]);
  const half = { dataId, dtype, shape: [...shape] };
  markHalf(half);
  return half;
}

/** A new tensor with the shape of x, stored as float16 if x is, else as float32. */
export function emptyLike(backend: WebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  return isHalf(x) ? emptyHalf(backend, x.shape) : emptyTensor(backend, x.shape);
}

/** A new tensor of the values rounded to float16; `x` is float32. */
export function toHalf(backend: WebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  return converted(backend, x, emptyHalf(backend, x.shape));
}

/** A new tensor of float32 with the values of one of float16. */
export function toFloat(backend: WebGPUBackend, x: tf.TensorInfo): tf.TensorInfo {
  return converted(backend, x, emptyTensor(backend, x.shape));
}

/**
 * Calls `fn` with the inputs stored as it needs them: those stored as float16 are converted to
 * float32, or the reverse. An input may be absent, and the inputs may be an array.
 */
export function withStorage<T>(
  backend: WebGPUBackend,
  inputs: Record<string, tf.TensorInfo>,
  shouldBeHalf: (name: string) => boolean,
  fn: (inputs: Record<string, tf.TensorInfo>) => T,
): T {
  const own: tf.TensorInfo[] = [];
  const stored = Object.assign(Array.isArray(inputs) ? [] : {}, inputs);
  try {
    for (const [name, input] of Object.entries(inputs)) {
      const half = shouldBeHalf(name);
      if (input === undefined || isHalf(input) === half) continue;
      stored[name] = half ? toHalf(backend, input) : toFloat(backend, input);
      own.push(stored[name]);
    }
    return fn(stored);
  } finally {
    for (const { dataId } of own) backend.disposeData(dataId);
  }
}

function converted(backend: WebGPUBackend, x: tf.TensorInfo, y: tf.TensorInfo): tf.TensorInfo {
  const scalars = tf.util.sizeFromShape(x.shape);
  const width = vectorWidth(scalars);
  const element = vectorType(width), size = scalars / width;
  runProgram(backend, {
    name: "convert",
    inputs: { x: { tensor: x, element } },
    outputs: { y: { tensor: y, element } },
    uniforms: { size },
    wgsl: WGSL,
    workgroups: threadGrid(backend, size),
  });
  return y;
}

/** The kernels with products, and their inputs that are rounded to float16. */
const OPERANDS: Readonly<Record<string, readonly string[]>> = {
  Conv2D: ["x", "filter"],
  FusedConv2D: ["x", "filter"],
  Conv2DBackpropInput: ["dy", "filter"],
  Conv2DBackpropFilter: ["x", "dy"],
  BatchMatMul: ["a", "b"],
  _FusedMatMul: ["a", "b"],
};

/** Kernels of this folder that can read float16: their shaders convert what they load. */
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

/** A new tensor for the images that a convolution returns, or for their gradient. */
export function emptyImages(backend: WebGPUBackend, shape: readonly number[]): tf.TensorInfo {
  return mixed.has(backend) ? emptyHalf(backend, shape) : emptyTensor(backend, shape);
}

/** Wraps every kernel of the backend, so that its inputs are converted to what it can read. */
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
