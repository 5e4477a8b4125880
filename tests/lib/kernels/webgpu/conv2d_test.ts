/** Convolution and its gradient by the input on webgpu, against the sums they are, in float64. */
import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { conv2d } from "../../../../lib/kernels/webgpu/conv2d.ts";
import { conv2dInputGradient } from "../../../../lib/kernels/webgpu/conv2d_input_gradient.ts";
import { convolution } from "../../../../lib/kernels/webgpu/convolution.ts";
import { emptyTensor, webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import { checkKernel } from "../../../support/check_kernel.ts";
import { testOnWebgpu } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

type Shape4D = [number, number, number, number];
type Pad = "same" | "valid" | tf.backend_util.ExplicitPadding;
type Case = [x: Shape4D, w: Shape4D, strides: [number, number], pad: Pad];

const around = (top: number, bottom: number, left: number, right: number): Pad => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

const CASES: Case[] = [
  [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1], "valid"],
  [[1, 1, 1, 1], [3, 3, 1, 1], [2, 2], "same"],
  [[2, 7, 5, 3], [3, 3, 3, 5], [1, 1], "same"],
  [[1, 5, 17, 2], [3, 3, 2, 12], [1, 1], "same"],
  [[1, 4, 4, 3], [3, 3, 3, 20], [1, 1], "same"],
  [[2, 7, 6, 8], [3, 3, 8, 12], [2, 2], "same"],
  [[1, 9, 9, 4], [3, 3, 4, 8], [2, 2], "valid"],
  [[1, 8, 8, 3], [3, 3, 3, 4], [2, 2], around(1, 1, 1, 1)],
  [[1, 9, 8, 3], [3, 3, 3, 4], [2, 1], around(0, 2, 3, 1)],
  [[2, 6, 7, 4], [1, 1, 4, 9], [1, 1], "same"],
  [[2, 6, 7, 4], [1, 1, 4, 9], [2, 2], "valid"],
  [[1, 9, 7, 1], [5, 3, 1, 2], [3, 3], "same"],
  [[1, 11, 13, 3], [7, 7, 3, 8], [2, 2], around(3, 3, 3, 3)],
  [[1, 5, 5, 6], [2, 2, 6, 7], [3, 3], around(4, 4, 4, 4)],
  [[1, 7, 3, 2], [2, 4, 2, 3], [3, 2], around(0, 0, 3, 2)],
];

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** y, as the sum it is. */
function reference([[n, height, width, cin], [kh, kw, , cout], strides]: Case, info: Info) {
  const { outHeight, outWidth, padInfo: { top, left } } = info;
  return (x: Float64Array, w: Float64Array) => {
    const y = new Float64Array(n * outHeight * outWidth * cout);
    for (let b = 0, at = 0; b < n; b++) {
      for (let i = 0; i < outHeight; i++) {
        for (let j = 0; j < outWidth; j++, at += cout) {
          for (let p = 0; p < kh; p++) {
            for (let q = 0; q < kw; q++) {
              const h = i * strides[0] + p - top, v = j * strides[1] + q - left;
              if (h < 0 || v < 0 || h >= height || v >= width) continue;
              for (let c = 0; c < cin; c++) {
                const value = x[((b * height + h) * width + v) * cin + c];
                const row = ((p * kw + q) * cin + c) * cout;
                for (let o = 0; o < cout; o++) y[at + o] += value * w[row + o];
              }
            }
          }
        }
      }
    }
    return y;
  };
}

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

for (const [x, w, strides, pad] of CASES) {
  const name = `[${x}] * [${w}], strides ${strides}, padding ${pad}`;
  testOnWebgpu(
    `a convolution and its gradients are the sums they are: ${name}`,
    (device) =>
      checkKernel(device, {
        inputs: [{ shape: x, values: values(1, size(x)) }, {
          shape: w,
          values: values(2, size(w)),
        }],
        run: (a, b) => tf.conv2d(a.as4D(...x), b.as4D(...w), strides, pad),
        reference: reference(
          [x, w, strides, pad],
          tf.backend_util.computeConv2DInfo(x, w, strides, 1, pad),
        ),
        tolerance: 2e-5,
      }),
  );
}

testOnWebgpu("an image takes nothing from its neighbors in the batch", async () => {
  const beside = [NaN, NaN, NaN, NaN];
  const x = tf.tensor4d([...beside, 1, 2, 3, 4, ...beside], [3, 2, 2, 1]);
  const w = tf.tensor4d(new Array(9).fill(1), [3, 3, 1, 1]);
  const convolve = (x: tf.Tensor) => tf.conv2d(x.as4D(3, 2, 2, 1), w, 1, "same");
  const y = tf.tidy(() => convolve(x).slice([1], [1]));
  const dx = tf.tidy(() => tf.grad(convolve)(x, x).slice([1], [1]));
  assertEquals([...await y.data()], [10, 10, 10, 10]);
  assertEquals([...await dx.data()], [10, 10, 10, 10]);
  tf.dispose([x, w, y, dx]);
});

testOnWebgpu("the tile changes no bit of a convolution", async () => {
  const backend = webgpuBackend(tf.backend());
  const x = tf.tensor(values(1, 2 * 7 * 9 * 5), [2, 7, 9, 5]);
  const w = tf.tensor(values(2, 3 * 3 * 5 * 12), [3, 3, 5, 12]);
  const axis = { stride: 1, before: 1, taps: 3, firstTap: 0, tapStep: 1, first: 0, step: 1 };
  const results: ArrayLike<number>[] = [];
  for (const [rows, pixels, columns] of [[1, 1, 4], [2, 8, 8], [4, 4, 12], [1, 16, 8]]) {
    const y = emptyTensor(backend, [2, 7, 9, 12]);
    const height = { ...axis, count: 7 }, width = { ...axis, count: 9 };
    convolution(backend, { x, w, y, height, width }, { rows, pixels, columns });
    const tensor = tf.engine().makeTensorFromTensorInfo(y);
    results.push(await tensor.data());
    tensor.dispose();
  }
  for (const result of results) assertEquals(result, results[0]);
  tf.dispose([x, w]);
});

testOnWebgpu("a fused convolution adds its bias, and cuts what is below 0", async () => {
  const x = tf.tensor4d(values(1, 3 * 5 * 4), [1, 3, 5, 4]);
  for (const cout of [3, 8]) {
    const filter = tf.tensor4d(values(2, 9 * 4 * cout), [3, 3, 4, cout]);
    const bias = tf.tensor1d(values(3, cout));
    const attrs = { x, filter, strides: 1, pad: "same", bias } as const;
    for (const activation of ["linear", "relu", "elu"] as const) {
      const fused = tf.fused.conv2d({ ...attrs, activation });
      const apart = tf.tidy(() => {
        const sums = tf.conv2d(x, filter, 1, "same").add(bias);
        return activation === "linear" ? sums : activation === "relu" ? sums.relu() : sums.elu();
      });
      const [actual, expected] = [await fused.data(), await apart.data()];
      const error = Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i] - value)));
      assertEquals(error < 1e-5, true, `${activation} of ${cout} channels is off by ${error}`);
      tf.dispose([fused, apart]);
    }
    tf.dispose([filter, bias]);
  }
  x.dispose();
});

testOnWebgpu("what is dilated, or of another layout, is left to the stock kernel", async () => {
  const backend = webgpuBackend(tf.backend());
  const x = tf.range(0, 9).as4D(1, 3, 3, 1), filter = tf.ones([2, 2, 1, 1]).as4D(2, 2, 1, 1);
  const attrs = { strides: 1, pad: "valid", dataFormat: "NHWC" } as const;
  assertEquals(conv2d(backend, { x, filter }, { ...attrs, dilations: 2 }), undefined);
  assertEquals(conv2d(backend, { x, filter }, { ...attrs, dataFormat: "NCHW" }), undefined);
  assertEquals(conv2d(backend, { x, filter }, { ...attrs, activation: "elu" }), undefined);
  const gradient = { ...attrs, dataFormat: "NCHW", inputShape: [1, 4, 4, 1] } as const;
  assertEquals(conv2dInputGradient(backend, { dy: x, filter }, gradient), undefined);
  const y = tf.conv2d(x, filter, 1, "valid", "NHWC", 2);
  assertEquals([...await y.data()], [0 + 2 + 6 + 8]);
  tf.dispose([x, filter, y]);
});
