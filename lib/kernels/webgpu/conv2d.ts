/**
 * Convolution of images x [n, h, w, cin] with filters w [kh, kw, cin, cout] on webgpu:
 *
 *     y[n, i, j, o] = Σ_a,b,c x[n, i·s + a − p, j·s + b − p, c] · w[a, b, c, o]
 *
 * with a bias [cout] and max(·, 0) if they are fused to it.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/conv2d_test.ts`; bench: `bench/works/conv2d.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { type ConvAttrs, convGeometry } from "../conv_geometry.ts";
import { convolution, type ConvolutionAxis } from "./convolution.ts";
import { convolutionTiles } from "./tiles.ts";
import { emptyImages } from "./mixed.ts";
import { emptyTensor } from "./program.ts";
import { tuned } from "./tuner.ts";

/** Attributes of `Conv2D` and `FusedConv2D`. */
export type Conv2DAttrs = ConvAttrs & { readonly activation?: string };

/** y; undefined if the stock kernel must run: for dilations, NCHW and other activations. */
export function conv2d(
  backend: WebGPUBackend,
  { x, filter, bias, preluActivationWeights }: Record<string, tf.TensorInfo>,
  attrs: Conv2DAttrs,
): tf.TensorInfo | undefined {
  const { dataFormat = "NHWC", activation = "linear" } = attrs;
  if (dataFormat !== "NHWC" || preluActivationWeights) return;
  if (activation !== "linear" && activation !== "relu") return;
  if ([x, filter, bias].some((tensor) => tensor && tensor.dtype !== "float32")) return;
  const info = convGeometry(x.shape, filter.shape, attrs);
  const { outShape, outChannels, padInfo } = info;
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) return;
  if ([...x.shape, ...filter.shape, ...outShape].some((side) => side <= 0)) return;
  if (bias && (bias.shape.at(-1) !== outChannels || !isVector(bias))) return;
  const height = axis(info.outHeight, info.strideHeight, padInfo.top, info.filterHeight);
  const width = axis(info.outWidth, info.strideWidth, padInfo.left, info.filterWidth);
  const relu = activation === "relu";
  const { strideHeight, strideWidth } = info;
  const tile = tuned(backend, {
    kernel: "conv2d",
    shape: [x.shape, filter.shape, outShape, strideHeight, strideWidth].join(" "),
    candidates: convolutionTiles(outChannels, width),
    inputs: [x.shape, filter.shape],
    run: (candidate, [x, w]) => {
      const y = emptyTensor(backend, outShape);
      convolution(backend, { x, w, y, height, width }, candidate);
      return y;
    },
  });
  const y = emptyImages(backend, outShape);
  convolution(backend, { x, w: filter, y, height, width, bias, relu }, tile);
  return y;
}

function axis(count: number, stride: number, before: number, taps: number): ConvolutionAxis {
  return { count, stride, before, taps, firstTap: 0, tapStep: 1, first: 0, step: 1 };
}

function isVector({ shape }: tf.TensorInfo): boolean {
  return shape.slice(0, -1).every((side) => side === 1);
}
