/**
 * Sums and means over the leading axes, x [rows, c] → [c] and x [..., c] → [c], for example for the
 * gradients of biases. The stock kernels transpose x first.
 *
 * Two passes: one over x, then one over the few partial sums.
 * Tests and reference: `tests/lib/kernels/webgpu/reduce_test.ts`; bench: `bench/works/linear.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import {
  bindColumns,
  type Columns,
  type Constants,
  downWgsl,
  each,
  ENTRY,
  LANES,
  layColumns,
  REDUCED_CHUNKS,
  walkWgsl,
} from "./columns.ts";
import { emptyTensor, runProgram } from "./program.ts";

const wgsl = (constants: Constants) =>
  `${walkWgsl(constants)}
${ENTRY} {
  let w = walk(workgroup, lane);
  if (w.column >= u.columns) { return; }
  var sum = T();
  ${downWgsl((ks) => `sum += ${each(ks, (k) => `x[i${k}]`, " + ")};`)}
  partial[w.result] = sum;
}`;

/** One workgroup for each column: each lane adds some walks, then the first lane adds the lanes. */
const addWgsl = ({ WIDTH }: Constants) => `
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

/** The attributes of the kernels `Sum` and `Mean`. */
export interface ReduceAttrs {
  /** The axes that are reduced, negative ones from the end. */
  readonly axis: number | number[];
  /** Whether the reduced axes stay, with length 1. */
  readonly keepDims: boolean;
}

/** Σ x over the leading axes; undefined for other axes. */
export function sum(
  backend: WebGPUBackend,
  { x }: Record<string, tf.TensorInfo>,
  attrs: ReduceAttrs,
): tf.TensorInfo | undefined {
  return reduce(backend, x, attrs, () => 1);
}

/** The mean over the leading axes; undefined for other axes. */
export function mean(
  backend: WebGPUBackend,
  { x }: Record<string, tf.TensorInfo>,
  attrs: ReduceAttrs,
): tf.TensorInfo | undefined {
  return reduce(backend, x, attrs, (rows) => 1 / rows);
}

function reduce(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  { axis, keepDims }: ReduceAttrs,
  scale: (rows: number) => number,
): tf.TensorInfo | undefined {
  const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
  if (x.dtype !== "float32" || axes.some((axis, i) => axis !== i)) return;
  const kept = x.shape.slice(axes.length);
  const columns = tf.util.sizeFromShape(kept);
  const rows = tf.util.sizeFromShape(x.shape.slice(0, axes.length));
  const most = backend.device.limits.maxComputeWorkgroupsPerDimension;
  // A single column is what the stock kernel is for.
  if (rows < 2 || columns < 2 || columns > most) return;
  const layout = layColumns(rows, columns, REDUCED_CHUNKS);
  const partial = emptyTensor(backend, [layout.walks, columns]);
  runProgram(backend, {
    name: "reduce_columns",
    constants: layout.constants,
    inputs: bindColumns(layout, { x }),
    outputs: bindColumns(layout, { partial }),
    uniforms: layout.uniforms,
    wgsl,
    workgroups: layout.workgroups,
  });
  const shape = keepDims ? [...axes.map(() => 1), ...kept] : kept;
  return addWalks(backend, layout, partial, shape, scale(rows));
}

/** Adds the partial sums p [walks, columns] of a layout: s_c = scale·Σ p_wc; frees p. */
function addWalks(
  backend: WebGPUBackend,
  layout: Columns,
  partial: tf.TensorInfo,
  shape: readonly number[],
  scale: number,
): tf.TensorInfo {
  const result = emptyTensor(backend, shape);
  runProgram(backend, {
    name: "column_sums",
    constants: layout.constants,
    inputs: bindColumns(layout, { partial }),
    outputs: bindColumns(layout, { result }),
    uniforms: { columns: layout.columns, walks: layout.walks, scale: { f32: scale } },
    wgsl: addWgsl,
    workgroups: [layout.columns],
  });
  backend.disposeData(partial.dataId);
  return result;
}
