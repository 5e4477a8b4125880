/**
 * The geometry of a convolution, from the shapes and attributes its kernels are given.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** What {@linkcode tf.backend_util.computeConv2DInfo} knows of a convolution. */
export type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

type Shape4D = [number, number, number, number];

/** The attributes of a convolution's kernels. */
export interface ConvAttrs {
  /** Steps in height and width. */
  readonly strides: number | [number, number];
  /** Zeros around an image. */
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  /** Steps between the pixels under a filter; default 1. */
  readonly dilations?: number | [number, number];
  /** The order of the dimensions of the images. */
  readonly dataFormat: "NHWC" | "NCHW";
  /** How an output side that is no whole number is rounded. */
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** The geometry for images `x` [n, h, w, cin] and filters `w` [kh, kw, cin, cout], both as shapes. */
export function convGeometry(
  x: readonly number[],
  w: readonly number[],
  { strides, pad, dimRoundingMode, dilations = 1 }: ConvAttrs,
  depthwise = false,
): ConvInfo {
  return tf.backend_util.computeConv2DInfo(
    shape4D(x),
    shape4D(w),
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

function shape4D([a, b, c, d]: readonly number[]): Shape4D {
  return [a, b, c, d];
}
