/**
 * Means of images x [b, h, w, c] over the cells of a size × size grid, y [b, size·size·c] row by row,
 * and the gradient. Cell i of an axis of length n is ⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ − 1, as in PyTorch;
 * cells overlap if the size does not divide n. Pixel j is in the cells ⌊j·size/n⌋ … ⌈(j+1)·size/n⌉ − 1:
 * the same formula with n and size swapped.
 *
 * One pass forward and one for the gradient; O(x) loads.
 * Tests and reference: `tests/lib/nn/adaptive_average_pool_test.ts`; bench: `bench/works/pool.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { GridAttributes, ImagesShape } from "../calls.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { ELEMENT_MAIN, threadGrid } from "./threads.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const head = (element: string) => `
alias T = ${element};
fn first(i: u32, n: u32, parts: u32) -> u32 { return i * n / parts; }
fn end(i: u32, n: u32, parts: u32) -> u32 { return ((i + 1u) * n + parts - 1u) / parts; }${ELEMENT_MAIN}
  var sum = T();`;

const forward = `
  let left = first(column, u.width, u.size);
  let right = end(column, u.width, u.size);
  let top = first(row, u.height, u.size);
  let bottom = end(row, u.height, u.size);
  for (var y = top; y < bottom; y++) {
    var at = ((image * u.height + y) * u.width + left) * u.channels + channel;
    for (var x = left; x < right; x++) {
      sum += given[at];
      at += u.channels;
    }
  }
  result[i] = sum / f32((bottom - top) * (right - left));
}`;

const backward = `
  for (var y = first(row, u.size, u.height); y < end(row, u.size, u.height); y++) {
    let high = end(y, u.height, u.size) - first(y, u.height, u.size);
    for (var x = first(column, u.size, u.width); x < end(column, u.size, u.width); x++) {
      let wide = end(x, u.width, u.size) - first(x, u.width, u.size);
      let at = ((image * u.size + y) * u.size + x) * u.channels + channel;
      sum += given[at] * (1f / f32(high * wide));
    }
  }
  result[i] = sum;
}`;

/** Means over cells: x [b, h, w, c] → y [b, size·size·c]. */
export function averagePool(
  backend: WebGPUBackend,
  { x }: Record<string, tf.TensorInfo>,
  { size }: GridAttributes,
): tf.TensorInfo {
  const [batch, , , channels] = x.shape;
  const y = emptyTensor(backend, [batch, size * size * channels]);
  run(backend, "average_pool", forward, { given: x, result: y }, x.shape, [size, size], size);
  return y;
}

/** The gradient: ∂y [b, size·size·c] → ∂x [b, h, w, c]. */
export function averagePoolGradient(
  backend: WebGPUBackend,
  { dy }: Record<string, tf.TensorInfo>,
  { size, shape }: GridAttributes & ImagesShape,
): tf.TensorInfo {
  const dx = emptyTensor(backend, shape);
  const tensors = { given: dy, result: dx };
  const [, height, width] = shape;
  run(backend, "average_pool_gradient", backward, tensors, shape, [height, width], size);
  return dx;
}

function run(
  backend: WebGPUBackend,
  name: string,
  body: string,
  { given, result }: Record<"given" | "result", tf.TensorInfo>,
  [batch, height, width, channels]: readonly number[],
  [rows, columns]: readonly [number, number],
  size: number,
): void {
  const WIDTH = vectorWidth(channels);
  const element = vectorType(WIDTH);
  const count = batch * rows * columns * channels / WIDTH;
  const workgroups = threadGrid(backend, count);
  runProgram(backend, {
    name,
    constants: { WIDTH },
    inputs: { given: { tensor: given, element } },
    outputs: { result: { tensor: result, element } },
    uniforms: {
      count,
      channels: channels / WIDTH,
      rows,
      columns,
      height,
      width,
      size,
    },
    wgsl: head(element) + body,
    workgroups,
  });
}
