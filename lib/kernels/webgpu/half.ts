/**
 * Tensors of float16 (IEEE 754 binary16) from those of float32, and back: rounded to the nearest,
 * ties to even; beyond 65,504 infinite.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { isHalf, markHalf } from "./half_storage.ts";
import { emptyTensor, linearGrid, runProgram } from "./program.ts";
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
