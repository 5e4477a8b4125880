/**
 * Mixed precision: while it is on, convolutions, matrix products and their gradients take their
 * operands as float16, and sum in float32 the products, which are exact. Images and their gradients
 * are stored as float16 between convolutions, batch normalization and ReLU; what any other kernel
 * takes or gives, and the gradients of weights, is float32.
 *
 * Tensors of float16 (IEEE 754 binary16) are made from those of float32, and back: rounded to the
 * nearest, ties to even; beyond 65,504 infinite.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { isHalf, markHalf } from "./half_storage.ts";
import { emptyTensor, linearGrid, runProgram, webgpuBackend } from "./program.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const WGSL = `
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i < u.size) { y[i] = y_element(x[i]); }
}`;

/** A new tensor stored as float16, its values undefined until a program has written them. */
export function emptyHalf(backend: WebGPUBackend, shape: readonly number[]): tf.TensorInfo {
  const { dataId, dtype } = emptyTensor(backend, [
    Math.ceil(tf.util.sizeFromShape([...shape]) / 2),
  ]);
  const half = { dataId, dtype, shape: [...shape] };
  markHalf(half);
  return half;
}

/** {@linkcode emptyHalf} for what is stored as float16, else {@linkcode emptyTensor}, of x's shape. */
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
 * Calls `fn` with those inputs converted that are stored as float16 and should not be, or the
 * reverse. Inputs may be left out, and may be an array.
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
    workgroups: linearGrid(backend, Math.ceil(size / 64)),
  });
  return y;
}

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
