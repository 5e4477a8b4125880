/**
 * y[i] = Σ_s x[s, i] for x [slices, …shape], in the order of s: the second half of a sum that was split
 * over workgroups to have enough of them. Does not depend on how the device schedules.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyTensor, linearGrid, runProgram } from "./program.ts";

const WGSL = /* wgsl */ `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.size) { return; }
  var sum = x[i];
  for (var s = 1u; s < u.slices; s++) { sum += x[s * u.size + i]; }
  y[i] = sum;
}`;

/** Sums over the first axis; the sum has the shape given. Disposes `x`. */
export function sumSlices(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  shape: readonly number[],
): tf.TensorInfo {
  const slices = x.shape[0];
  const scalars = shape.reduce((size, side) => size * side, 1);
  const [element, size] = scalars % 4 === 0 ? ["vec4f", scalars / 4] : ["f32", scalars];
  const y = emptyTensor(backend, shape);
  runProgram(backend, {
    name: "sum_slices",
    inputs: { x: { tensor: x, element } },
    outputs: { y: { tensor: y, element } },
    uniforms: { size, slices },
    wgsl: WGSL,
    workgroups: linearGrid(backend, Math.ceil(size / 64)),
  });
  backend.disposeData(x.dataId);
  return y;
}
