/**
 * The second half of a sum over the rows: p [walks, columns] → s [columns], s_c = scale·Σ p_wc.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { bindColumns, type Columns, type Constants, ENTRY, LANES } from "./columns.ts";
import { emptyTensor, runProgram } from "./program.ts";

/** A workgroup for each column: every lane adds some walks, and the first lane adds the lanes. */
const wgsl = ({ WIDTH }: Constants) => `
alias T = ${WIDTH === 4 ? "vec4f" : "f32"};
var<workgroup> lanes: array<T, ${LANES}>;
${ENTRY} {
  let column = workgroup.x;
  var sum = T();
  for (var i = lane; i < u.walks; i += ${LANES}u) { sum += partial[i * u.columns + column]; }
  lanes[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var l = 1u; l < min(${LANES}u, u.walks); l++) { sum += lanes[l]; }
  result[column] = sum * u.scale;
}`;

/** Adds the partial sums that the walks of a layout left; frees them. */
export function addWalks(
  backend: WebGPUBackend,
  layout: Columns,
  partial: tf.TensorInfo,
  shape: readonly number[],
  scale = 1,
): tf.TensorInfo {
  const result = emptyTensor(backend, shape);
  runProgram(backend, {
    name: "column_sums",
    constants: layout.constants,
    inputs: bindColumns(layout, { partial }),
    outputs: bindColumns(layout, { result }),
    uniforms: { columns: layout.columns, walks: layout.walks, scale: { f32: scale } },
    wgsl,
    workgroups: [layout.columns],
  });
  backend.disposeData(partial.dataId);
  return result;
}
