/**
 * Operations of TensorFlow.js: convolutions, matrix products and sums with their gradients, and what
 * moves numbers without changing them.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { type KernelCheck, normal, withGradients } from "../kernel_check.ts";

const CONVOLUTIONS = "convolutions";

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

export const convolutionChecks: readonly KernelCheck[] = [
  {
    group: CONVOLUTIONS,
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
    group: CONVOLUTIONS,
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
    group: CONVOLUTIONS,
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

const PRODUCTS = "matrix products and sums";

/** Rows, inner size and columns: odd ones, ones by fours, and a sum of several slices. */
const FEW = [5, 7, 9], FOURS = [12, 8, 20], SLICES = [6, 301, 12];
const SIDES = [[false, false], [true, false], [false, true], [true, true]];

/** Products of these sizes, either side transposed or not, with gradients. */
function products(...sizes: number[][]): tf.Tensor[] {
  return sizes.flatMap(([m, k, n], i) =>
    SIDES.flatMap(([transposeA, transposeB]) =>
      withGradients((a, b) => tf.matMul(a, b, transposeA, transposeB), [
        normal(2 * i, transposeA ? [k, m] : [m, k]),
        normal(2 * i + 1, transposeB ? [n, k] : [k, n]),
      ])
    )
  );
}

export const productChecks: readonly KernelCheck[] = [
  {
    group: PRODUCTS,
    name: "matrix product, either side transposed, and its gradients",
    kernels: { webgpu: ["BatchMatMul"], wasm: ["BatchMatMul"] },
    tolerance: 1e-5,
    compute: () => [
      ...products(FEW, FOURS),
      tf.matMul(normal(1, [3, 4, 5]), normal(2, [3, 5, 8])),
      tf.matMul(normal(1, [3, 4, 5]), normal(2, [1, 7, 5]), false, true),
    ],
  },
  {
    group: "float16",
    name: "matrix product and its gradients, operands rounded to float16",
    kernels: { webgpu: ["BatchMatMul"] },
    mixed: true,
    tolerance: 2e-3,
    compute: () => products(FOURS),
  },
  {
    group: PRODUCTS,
    name: "matrix product with a bias and ReLU",
    kernels: { webgpu: ["_FusedMatMul"], wasm: ["_FusedMatMul"] },
    tolerance: 1e-5,
    compute: () =>
      (["linear", "relu"] as const).flatMap((activation) =>
        [FOURS, SLICES].map(([m, k, n]) =>
          tf.fused.matMul({
            a: normal<tf.Rank.R2>(1, [k, m]),
            b: normal<tf.Rank.R2>(2, [k, n]),
            transposeA: true,
            bias: normal(3, [n]),
            activation,
          })
        )
      ),
  },
  {
    group: PRODUCTS,
    name: "sums and means over the leading axes",
    kernels: { webgpu: ["Sum", "Mean"], wasm: ["Sum", "Mean"] },
    tolerance: 1e-5,
    compute: () =>
      [[129, 67], [300, 4], [3, 5, 4, 11]].flatMap((shape) => {
        const x = normal(4, shape);
        const axes = shape.slice(1).map((_, axis) => axis);
        return [x.sum(0), x.mean(0), x.sum(axes), x.mean(axes, true)];
      }),
  },
];

const COPIES = "copies";

export const copyChecks: readonly KernelCheck[] = [
  {
    group: COPIES,
    name: "clones and casts that outlive their original",
    kernels: { wasm: ["Identity", "Cast"] },
    tolerance: 0,
    compute: () => {
      const x = normal(1, [5, 7]);
      const copies = [x.clone(), tf.cast(x, "float32"), tf.cast(x, "int32")];
      x.dispose();
      // Would take the place of x if x were freed.
      tf.ones([5, 7]);
      return copies;
    },
  },
  {
    group: COPIES,
    name: "slices, padding and tiling",
    kernels: { wasm: ["Slice", "PadV2", "Tile"] },
    tolerance: 0,
    compute: () => {
      const x = normal(1, [3, 5, 40]);
      return [
        x.slice([1, 1, 2], [2, 3, 3]),
        x.slice([0, 1, 10], [3, 1, 30]),
        x.pad([[1, 0], [0, 2], [3, 1]], 9),
        x.tile([2, 1, 3]),
      ];
    },
  },
  {
    group: COPIES,
    name: "gathering rows, and its gradient",
    kernels: { wasm: ["GatherV2", "UnsortedSegmentSum"] },
    tolerance: 1e-6,
    compute: () => {
      const indices = tf.tensor1d([2, 0, 2, 4], "int32");
      return withGradients((x) => x.gather(indices), [normal(1, [5, 3, 7])]);
    },
  },
];
