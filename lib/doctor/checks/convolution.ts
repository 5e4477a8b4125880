/**
 * Convolutions and their gradients.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { KernelCheck } from "../kernel_check.ts";
import { normal, withGradients } from "../kernel_check.ts";

const GROUP = "convolutions";

type Shape4D = [number, number, number, number];

/** Odd sizes, all channels by ones and by fours; a filter of one pixel, and padding as PyTorch's. */
const CASES: readonly {
  x: Shape4D;
  w: Shape4D;
  stride: number;
  pad: "same" | "valid" | tf.backend_util.ExplicitPadding;
}[] = [
  { x: [2, 7, 5, 3], w: [3, 3, 3, 5], stride: 1, pad: "same" },
  { x: [2, 9, 8, 12], w: [3, 3, 12, 20], stride: 2, pad: [[0, 0], [1, 1], [1, 1], [0, 0]] },
  { x: [3, 6, 7, 8], w: [1, 1, 8, 12], stride: 1, pad: "same" },
  { x: [2, 6, 7, 11], w: [1, 1, 11, 9], stride: 2, pad: "valid" },
];

const KERNELS = ["Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"];

/** The outputs and gradients of the cases. */
function convolutions(cases = CASES): tf.Tensor[] {
  return cases.flatMap(({ x, w, stride, pad }, i) =>
    withGradients(
      (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
      [normal(2 * i, x), normal(2 * i + 1, w)],
    )
  );
}

export const checks: readonly KernelCheck[] = [
  {
    group: GROUP,
    name: "convolution, its input gradient and filter gradient",
    kernels: { webgpu: KERNELS, wasm: KERNELS },
    tolerance: 1e-5,
    compute: () => convolutions(),
  },
  {
    group: "float16",
    name: "convolution and its gradients, images stored as float16",
    kernels: { webgpu: KERNELS },
    mixed: true,
    tolerance: 2e-3,
    // A sum is float32, whatever it is of.
    compute: () => convolutions(CASES.slice(0, 2)).map((stored) => stored.add(0)),
  },
  {
    group: GROUP,
    name: "convolution with a bias and ReLU",
    kernels: { webgpu: ["FusedConv2D"], wasm: ["FusedConv2D"] },
    tolerance: 1e-5,
    compute: () =>
      (["linear", "relu"] as const).flatMap((activation) =>
        CASES.slice(0, 2).map(({ x, w, stride, pad }, i) =>
          tf.fused.conv2d({
            x: normal<tf.Rank.R4>(2 * i, x),
            filter: normal<tf.Rank.R4>(2 * i + 1, w),
            strides: stride,
            pad,
            bias: normal(9, [w[3]]),
            activation,
          })
        )
      ),
  },
  {
    group: GROUP,
    name: "gradients of a depthwise convolution",
    kernels: {
      wasm: ["DepthwiseConv2dNativeBackpropFilter", "DepthwiseConv2dNativeBackpropInput"],
    },
    tolerance: 1e-5,
    compute: () =>
      withGradients(
        (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same"),
        [normal(1, [2, 7, 6, 3]), normal(2, [3, 3, 3, 2])],
      ),
  },
];
