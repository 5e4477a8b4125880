/** Convolutions against the sums they are, in float64. */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { testOnDevices } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

type Shape4D = [number, number, number, number];
type Pad = "same" | "valid" | tf.backend_util.ExplicitPadding;

interface Case {
  x: Shape4D;
  w: Shape4D;
  strides: [number, number];
  pad: Pad;
}

const around = (top: number, bottom: number, left: number, right: number): Pad => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

const CASES: Case[] = [
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1], strides: [1, 1], pad: "valid" },
  { x: [2, 7, 5, 3], w: [3, 3, 3, 5], strides: [1, 1], pad: "same" },
  { x: [2, 7, 6, 3], w: [3, 3, 3, 5], strides: [2, 2], pad: "same" },
  { x: [3, 8, 9, 4], w: [3, 3, 4, 8], strides: [2, 2], pad: "valid" },
  { x: [1, 9, 7, 1], w: [5, 3, 1, 2], strides: [3, 3], pad: "same" },
  { x: [2, 6, 6, 4], w: [1, 1, 4, 9], strides: [1, 1], pad: "same" },
  { x: [2, 6, 7, 3], w: [1, 1, 3, 9], strides: [2, 2], pad: "valid" },
  { x: [2, 8, 8, 3], w: [3, 3, 3, 4], strides: [2, 2], pad: around(1, 1, 1, 1) },
  { x: [2, 9, 8, 3], w: [3, 3, 3, 4], strides: [2, 1], pad: around(0, 2, 3, 1) },
  { x: [1, 11, 11, 3], w: [7, 7, 3, 4], strides: [2, 2], pad: around(3, 3, 3, 3) },
  { x: [2, 5, 5, 6], w: [2, 2, 6, 7], strides: [3, 3], pad: around(4, 4, 4, 4) },
  { x: [1, 2, 2, 2], w: [3, 3, 2, 2], strides: [1, 1], pad: "same" },
];

const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/** y = x * w, and the gradients of Σ y·dy. */
function reference(
  c: Case,
  info: ReturnType<typeof tf.backend_util.computeConv2DInfo>,
  { x, w, dy }: Record<"x" | "w" | "dy", Float32Array>,
) {
  const [n, height, width, cin] = c.x, [kh, kw, , cout] = c.w;
  const { outHeight, outWidth, padInfo: { top, left } } = info;
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length), dw = new Float64Array(w.length);
  const index = (...pairs: [number, number][]) => pairs.reduce((at, [i, n]) => at * n + i, 0);
  for (let b = 0; b < n; b++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let p = 0; p < kh; p++) {
          for (let q = 0; q < kw; q++) {
            const h = i * c.strides[0] + p - top, v = j * c.strides[1] + q - left;
            if (h < 0 || v < 0 || h >= height || v >= width) continue;
            for (let m = 0; m < cin; m++) {
              for (let o = 0; o < cout; o++) {
                const xi = index([b, n], [h, height], [v, width], [m, cin]);
                const wi = index([p, kh], [q, kw], [m, cin], [o, cout]);
                const yi = index([b, n], [i, outHeight], [j, outWidth], [o, cout]);
                y[yi] += x[xi] * w[wi];
                dx[xi] += dy[yi] * w[wi];
                dw[wi] += x[xi] * dy[yi];
              }
            }
          }
        }
      }
    }
  }
  return [y, dx, dw];
}

for (const c of CASES) {
  const name = `[${c.x}] * [${c.w}], strides ${c.strides}, padding ${c.pad}`;
  testOnDevices(`a convolution and its gradients are the sums they mean: ${name}`, async () => {
    const info = tf.backend_util.computeConv2DInfo(c.x, c.w, c.strides, 1, c.pad);
    const data = {
      x: values(1, size(c.x)),
      w: values(2, size(c.w)),
      dy: values(3, size(info.outShape)),
    };
    const x = tf.tensor4d(data.x, c.x), w = tf.tensor4d(data.w, c.w);
    const dy = tf.tensor4d(data.dy, info.outShape);
    const before = tf.memory().numTensors;
    const results = tf.tidy(() => {
      const convolve = (x: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(x.as4D(...c.x), w.as4D(...c.w), c.strides, c.pad);
      return [convolve(x, w), ...tf.grads(convolve)([x, w], dy)];
    });
    assertEquals(tf.memory().numTensors, before + 3);
    const expected = reference(c, info, data);
    for (const [i, result] of results.entries()) {
      const actual = await result.data();
      assertEquals(actual.length, expected[i].length);
      expected[i].forEach((value, at) => assertAlmostEquals(actual[at], value, 2e-5));
    }
    tf.dispose([x, w, dy, results]);
  });
}

testOnDevices("a dilated convolution takes every second pixel", async () => {
  const y = tf.tidy(() =>
    tf.conv2d(tf.range(0, 9).as4D(1, 3, 3, 1), tf.ones([2, 2, 1, 1]), 1, "valid", "NHWC", 2)
  );
  assertEquals([...await y.data()], [0 + 2 + 6 + 8]);
  y.dispose();
});

testOnDevices("a fused convolution adds its bias, and applies its activation", async () => {
  const x = tf.tensor4d([1, -2, 3, -4], [1, 2, 2, 1]), bias = tf.tensor1d([0.5, -0.5]);
  const filter = tf.tensor4d([1, -1], [1, 1, 1, 2]);
  const attrs = { x, filter, strides: 1, pad: "valid", bias } as const;
  const linear = tf.fused.conv2d({ ...attrs, activation: "linear" });
  const relu = tf.fused.conv2d({ ...attrs, activation: "relu" });
  const expected = [1.5, -1.5, -1.5, 1.5, 3.5, -3.5, -3.5, 3.5];
  assertEquals([...await linear.data()], expected);
  assertEquals([...await relu.data()], expected.map((value) => Math.max(0, value)));
  tf.dispose([x, filter, bias, linear, relu]);
});
