/**
 * The gradient of a convolution with respect to its input, on webgpu:
 *
 *     ∂x[n, h, v, c] = Σ_a,b,o ∂y[n, (h + p − a)/s, (v + p − b)/s, o] · w[a, b, c, o]   where whole
 *
 * Which taps (a, b) reach a pixel depends only on (h, v) modulo the stride. For each residue this is a
 * convolution of ∂y with those taps in reverse order, and gives every s-th pixel of ∂x. So ∂y is not
 * padded with zeros between its pixels. The filter is transposed first, so that neighboring threads
 * read neighboring c.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/conv2d_test.ts`; bench: `bench/works/conv2d.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { type ConvAttrs, convGeometry, type ConvInfo } from "../conv_geometry.ts";
import { convolution, type ConvolutionAxis } from "./convolution.ts";
import { type ConvolutionTile, convolutionTiles } from "./tiles.ts";
import { emptyImages } from "./mixed.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { threadGrid, threadMain } from "./threads.ts";
import { tuned } from "./tuner.ts";

/** ∂x; undefined if the stock kernel must run. */
export function conv2dInputGradient(
  backend: WebGPUBackend,
  { dy, filter }: Record<string, tf.TensorInfo>,
  attrs: ConvAttrs & { readonly inputShape: readonly number[] },
): tf.TensorInfo | undefined {
  if ((attrs.dataFormat ?? "NHWC") !== "NHWC") return;
  if (dy.dtype !== "float32" || filter.dtype !== "float32") return;
  const info = convGeometry(attrs.inputShape, filter.shape, attrs);
  const { inShape, inChannels, strideHeight, strideWidth, padInfo } = info;
  if ([...dy.shape, ...filter.shape, ...inShape].some((side) => side <= 0)) return;
  const tile = tuned(backend, {
    kernel: "conv2d_input_gradient",
    shape: [inShape, filter.shape, dy.shape, strideHeight, strideWidth, padInfo.top, padInfo.left]
      .join(" "),
    candidates: convolutionTiles(inChannels, widthAxes(info)[0]),
    inputs: [dy.shape, filter.shape],
    run: (candidate, [dy, filter]) => inputGradient(backend, dy, filter, info, candidate),
  });
  return inputGradient(backend, dy, filter, info, tile);
}

function inputGradient(
  backend: WebGPUBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  info: ConvInfo,
  tile: ConvolutionTile,
): tf.TensorInfo {
  const w = transposed(backend, filter);
  const dx = emptyImages(backend, info.inShape);
  for (const height of heightAxes(info)) {
    for (const width of widthAxes(info)) {
      convolution(backend, { x: dy, w, y: dx, height, width }, tile);
    }
  }
  backend.disposeData(w.dataId);
  return dx;
}

function heightAxes({ inHeight, filterHeight, strideHeight, padInfo }: ConvInfo) {
  return axes(inHeight, filterHeight, strideHeight, padInfo.top);
}

function widthAxes({ inWidth, filterWidth, strideWidth, padInfo }: ConvInfo) {
  return axes(inWidth, filterWidth, strideWidth, padInfo.left);
}

/** The terms of the sums along one axis, for each residue modulo the stride. */
function axes(length: number, kernel: number, stride: number, pad: number): ConvolutionAxis[] {
  return Array.from({ length: Math.min(stride, length) }, (_, first) => {
    const tap = (first + pad) % stride;
    const taps = Math.max(0, Math.ceil((kernel - tap) / stride));
    return {
      count: Math.ceil((length - first) / stride),
      stride: 1,
      before: taps - 1 - Math.floor((first + pad) / stride),
      taps,
      firstTap: tap + stride * (taps - 1),
      tapStep: -stride,
      first,
      step: stride,
    };
  });
}

const TRANSPOSE = /* wgsl */ `${threadMain("i")}
  if (i >= u.size) { return; }
  let c = i % u.channels;
  let rest = i / u.channels;
  let tap = rest / u.columns;
  y[i] = f32(w[(tap * u.channels + c) * u.columns + rest % u.columns]);
}`;

/** Transposes a filter: [kh, kw, cin, cout] → [kh, kw, cout, cin]. */
function transposed(backend: WebGPUBackend, w: tf.TensorInfo): tf.TensorInfo {
  const [height, width, channels, columns] = w.shape;
  const y = emptyTensor(backend, [height, width, columns, channels]);
  const size = height * width * channels * columns;
  runProgram(backend, {
    name: "transpose_filter",
    inputs: { w },
    outputs: { y },
    uniforms: { size, channels, columns },
    wgsl: TRANSPOSE,
    workgroups: threadGrid(backend, size),
  });
  return y;
}
