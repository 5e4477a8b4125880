/**
 * The end of a residual block in one pass: y = max(a + b, 0), and its gradient by both, ∂y where
 * y > 0 and else 0; all of one shape.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyLike } from "./half.ts";
import { linearGrid, runProgram } from "./program.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const LANES = 64;

/** Element by element, in fours where the number of elements allows it. */
function map(
  backend: WebGPUBackend,
  name: string,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  like: tf.TensorInfo,
  result: string,
): tf.TensorInfo {
  const output = emptyLike(backend, like);
  const size = tf.util.sizeFromShape(like.shape);
  const WIDTH = vectorWidth(size);
  const element = vectorType(WIDTH);
  const workgroups = linearGrid(backend, Math.ceil(size / WIDTH / LANES));
  runProgram(backend, {
    name,
    constants: { WIDTH },
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, { tensor, element }]),
    ),
    outputs: { result: { tensor: output, element } },
    uniforms: { count: size / WIDTH, across: workgroups[0] },
    wgsl: `
alias T = ${element};
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * u.across + workgroup.x) * ${LANES}u + lane;
  if (i < u.count) { ${result} }
}`,
    workgroups,
  });
  return output;
}

/** y of a and b, which have one shape. */
export function addRelu(
  backend: WebGPUBackend,
  { a, b }: Record<string, tf.TensorInfo>,
): tf.TensorInfo {
  const sum =
    "let sum = T(a[i]) + T(b[i]); result[i] = result_element(select(sum, T(), sum < T()));";
  return map(backend, "add_relu", { a, b }, a, sum);
}

/** ∂a, which is ∂b too, of ∂y and y. */
export function reluGradient(
  backend: WebGPUBackend,
  { dy, y }: Record<string, tf.TensorInfo>,
): tf.TensorInfo {
  const passed = "result[i] = result_element(select(T(), T(dy[i]), T(y[i]) > T()));";
  return map(backend, "relu_gradient", { dy, y }, y, passed);
}
