/**
 * Adds the slices of long sums, which are split so that there are enough threads for a device:
 *
 *     y[…, n] = act(Σ_s x[s, …, n] + bias[n])
 *
 * in the order of s, with act the identity or ReLU. The number of slices depends on the shapes alone, so
 * the bits of a sum do not depend on how the device schedules its threads. One pass over x, whose size
 * {@linkcode sliceCount} limits. Tested with the kernels that use it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyTensor, runProgram } from "./program.ts";
import { threadGrid, threadMain } from "./threads.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

/** Most floats of partial sums, which cost memory and give more threads. */
const PARTIAL_SUMS = 1 << 20;
const MOST_SLICES = 512;

/** The number of slices for `size` sums of `terms` terms each. */
export function sliceCount(terms: number, size: number): number {
  return Math.min(terms, MOST_SLICES, Math.ceil(PARTIAL_SUMS / size));
}

/**
 * WGSL that opens `main` of a kernel that sums slices, on a grid of `threadGrid`. It splits the index
 * `thread` into the block of columns, `column_block`, and the remaining index, `rest`. Needs the
 * uniforms `threads` and `column_blocks`.
 */
export const SLICED_ENTRY = /* wgsl */ `${threadMain("thread")}
  if (thread >= u.threads) { return; }
  let column_block = thread % u.column_blocks;
  var rest = thread / u.column_blocks;`;

/** What is applied to a finished sum. */
export interface Finish {
  /** A bias [n] that is added. */
  readonly bias?: tf.TensorInfo;
  /** Whether negative values become 0. */
  readonly relu?: boolean;
}

/** Sums x over its first axis, to a tensor of the given shape. Disposes `x`. */
export function sumSlices(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  shape: readonly number[],
  { bias, relu = false }: Finish = {},
): tf.TensorInfo {
  const slices = x.shape[0];
  const columns = bias ? shape[shape.length - 1] : 1;
  const scalars = tf.util.sizeFromShape([...shape]);
  const by = vectorWidth(bias ? columns : scalars);
  const element = vectorType(by), size = scalars / by;
  const y = emptyTensor(backend, shape);
  runProgram(backend, {
    name: "sum_slices",
    constants: { RELU: Number(relu) },
    inputs: { x: { tensor: x, element }, ...(bias ? { bias: { tensor: bias, element } } : {}) },
    outputs: { y: { tensor: y, element } },
    uniforms: { size, slices, columns: Math.ceil(columns / by) },
    wgsl: /* wgsl */ `${threadMain("i")}
  if (i >= u.size) { return; }
  var sum = x[i];
  for (var s = 1u; s < u.slices; s++) { sum += x[s * u.size + i]; }
  ${bias ? `sum += ${element}(bias[i % u.columns]);` : ""}
  y[i] = ${relu ? `select(sum, ${element}(), sum < ${element}())` : "sum"};
}`,
    workgroups: threadGrid(backend, size),
  });
  backend.disposeData(x.dataId);
  return y;
}
