/**
 * Maxima over windows of images x [b, h, w, c] → y [b, ⌊(h + 2·padding − size)/stride⌋ + 1, …, c], and
 * the place of each maximum in its window (the first one if several are equal). For the gradient, each
 * pixel adds ∂y of the windows in which it is the maximum. Padding is −∞; padding < size, so every
 * window has a pixel of the image.
 *
 * One pass forward and one for the gradient; size² loads for an element.
 * Tests and reference: `tests/lib/nn/max_pool_test.ts`; bench: `bench/works/pool.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { ImagesShape, WindowAttributes } from "../calls.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { ELEMENT_MAIN, threadGrid } from "./threads.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const head = (WIDTH: number) => `
alias T = ${WIDTH === 4 ? "vec4f" : "f32"};
alias I = ${WIDTH === 4 ? "vec4i" : "i32"};${ELEMENT_MAIN}`;

const forward = ({ WIDTH }: Readonly<Record<string, number>>) =>
  `${head(WIDTH)}
  var best = T(-3.4028234e38);
  var met = I();
  // Window coordinates; those below the padding lie above or left of the image.
  for (var r = 0u; r < u.size; r++) {
    let y = row * u.stride + r;
    if (y < u.padding || y >= u.height + u.padding) { continue; }
    for (var c = 0u; c < u.size; c++) {
      let x = column * u.stride + c;
      if (x < u.padding || x >= u.width + u.padding) { continue; }
      let at = (image * u.height + y - u.padding) * u.width + x - u.padding;
      let value = given[at * u.channels + channel];
      let more = (value > best) | (value != value);
      best = select(best, value, more);
      met = select(met, I(i32(r * u.size + c)), more);
    }
  }
  maximum[i] = best;
  place[i] = met;
}`;

const backward = ({ WIDTH }: Readonly<Record<string, number>>) =>
  `${head(WIDTH)}
  var sum = T();
  let y = row + u.padding;
  let x = column + u.padding;
  let top = (max(y + 1u, u.size) - u.size + u.stride - 1u) / u.stride;
  let left = (max(x + 1u, u.size) - u.size + u.stride - 1u) / u.stride;
  for (var r = top; r < min(u.height, y / u.stride + 1u); r++) {
    for (var c = left; c < min(u.width, x / u.stride + 1u); c++) {
      let at = ((image * u.height + r) * u.width + c) * u.channels + channel;
      let here = I(i32((y - r * u.stride) * u.size + x - c * u.stride));
      sum += select(T(), dy[at], place[at] == here);
    }
  }
  dx[i] = sum;
}`;

/** y, and the place of each maximum in its window, row by row, int32. Windows must fit the image. */
export function maxPool(
  backend: WebGPUBackend,
  { x }: Record<string, tf.TensorInfo>,
  { size, stride, padding }: WindowAttributes,
): tf.TensorInfo[] {
  const [batch, height, width, channels] = x.shape;
  const side = (n: number) => Math.max(0, Math.floor((n + 2 * padding - size) / stride) + 1);
  const shape = [batch, side(height), side(width), channels];
  const y = emptyTensor(backend, shape);
  const place = emptyTensor(backend, shape, "int32");
  const { WIDTH, f32, i32, ...layout } = layOut(backend, shape);
  runProgram(backend, {
    name: "max_pool",
    constants: { WIDTH },
    inputs: { given: { tensor: x, element: f32 } },
    outputs: { maximum: { tensor: y, element: f32 }, place: { tensor: place, element: i32 } },
    uniforms: { ...layout.uniforms, height, width, size, stride, padding },
    wgsl: forward,
    workgroups: layout.workgroups,
  });
  return [y, place];
}

/** The gradient ∂x [...shape], from ∂y and the places of the maxima. */
export function maxPoolGradient(
  backend: WebGPUBackend,
  { dy, indices }: Record<string, tf.TensorInfo>,
  { size, stride, padding, shape }: WindowAttributes & ImagesShape,
): tf.TensorInfo {
  const [, height, width] = dy.shape;
  const dx = emptyTensor(backend, shape);
  const { WIDTH, f32, i32, ...layout } = layOut(backend, shape);
  runProgram(backend, {
    name: "max_pool_gradient",
    constants: { WIDTH },
    inputs: { dy: { tensor: dy, element: f32 }, place: { tensor: indices, element: i32 } },
    outputs: { dx: { tensor: dx, element: f32 } },
    uniforms: { ...layout.uniforms, height, width, size, stride, padding },
    wgsl: backward,
    workgroups: layout.workgroups,
  });
  return dx;
}

/** How the elements of images are bound, and the grid of workgroups for them. */
function layOut(backend: WebGPUBackend, shape: readonly number[]) {
  const [batch, rows, columns, channels] = shape;
  const WIDTH = vectorWidth(channels);
  const count = batch * rows * columns * channels / WIDTH;
  const workgroups = threadGrid(backend, count);
  return {
    WIDTH,
    f32: vectorType(WIDTH),
    i32: WIDTH === 4 ? "vec4i" : "i32",
    uniforms: { count, channels: channels / WIDTH, rows, columns },
    workgroups,
  };
}
