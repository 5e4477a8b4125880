/** The filter's gradient against the sums it is, in float64, whatever the tile. */
import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import {
  type ConvAttrs,
  convGeometry,
  type ConvInfo,
} from "../../../../lib/kernels/conv_geometry.ts";
import {
  filterGradient,
  filterGradientTiles,
} from "../../../../lib/kernels/webgpu/conv2d_filter_gradient.ts";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import { checkKernel } from "../../../support/check_kernel.ts";
import { testOnWebgpu } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

interface Case {
  x: [number, number, number, number];
  w: [number, number, number, number];
  strides: [number, number];
  pad: ConvAttrs["pad"];
}

const CASES: Case[] = [
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1], strides: [1, 1], pad: "valid" },
  { x: [3, 7, 5, 3], w: [3, 3, 3, 5], strides: [1, 1], pad: "same" },
  { x: [2, 9, 7, 4], w: [3, 3, 4, 8], strides: [1, 1], pad: "same" },
  { x: [2, 6, 9, 12], w: [3, 3, 12, 20], strides: [2, 2], pad: "same" },
  { x: [2, 8, 8, 12], w: [3, 3, 12, 11], strides: [2, 2], pad: [[0, 0], [1, 1], [1, 1], [0, 0]] },
  { x: [2, 7, 8, 5], w: [2, 2, 5, 4], strides: [3, 1], pad: [[0, 0], [0, 2], [3, 1], [0, 0]] },
  { x: [1, 11, 13, 3], w: [7, 7, 3, 12], strides: [2, 2], pad: "same" },
  { x: [2, 3, 14, 1], w: [3, 9, 1, 2], strides: [1, 2], pad: "valid" },
  { x: [2, 5, 6, 8], w: [1, 1, 8, 20], strides: [1, 1], pad: "same" },
  { x: [3, 6, 7, 11], w: [1, 1, 11, 9], strides: [2, 2], pad: "same" },
  { x: [4, 5, 1, 32], w: [3, 3, 32, 192], strides: [1, 1], pad: "same" }, // slices of two rows
  { x: [1, 3, 9, 4], w: [3, 3, 4, 4], strides: [1, 1], pad: "valid" }, // one slice
  { x: [1, 1, 1, 2], w: [5, 5, 2, 3], strides: [1, 1], pad: "same" }, // most taps are outside
];

/** dw[r, s, c, o], flat. */
function reference(info: ConvInfo, x: Float64Array, dy: Float64Array): Float64Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo: { top, left } } = info;
  const dw = new Float64Array(filterHeight * filterWidth * inChannels * outChannels);
  for (let i = 0; i < dw.length; i++) {
    const o = i % outChannels, c = Math.floor(i / outChannels) % inChannels;
    const tap = Math.floor(i / outChannels / inChannels);
    const s = tap % filterWidth, r = Math.floor(tap / filterWidth);
    for (let b = 0; b < batchSize; b++) {
      for (let p = 0; p < outHeight; p++) {
        for (let q = 0; q < outWidth; q++) {
          const h = p * strideHeight + r - top, w = q * strideWidth + s - left;
          if (h < 0 || w < 0 || h >= inHeight || w >= inWidth) continue;
          dw[i] += x[((b * inHeight + h) * inWidth + w) * inChannels + c] *
            dy[((b * outHeight + p) * outWidth + q) * outChannels + o];
        }
      }
    }
  }
  return dw;
}

for (const { x, w, strides, pad } of CASES) {
  const attrs: ConvAttrs = { strides, pad, dataFormat: "NHWC" };
  const info = convGeometry(x, w, attrs);
  const inputs = [x, info.outShape].map((shape, i) => ({
    shape,
    values: values(i, tf.util.sizeFromShape(shape)),
  }));
  const name = `[${x}] and [${info.outShape}] to [${w}], strides ${strides}, padding ${pad}`;

  testOnWebgpu(
    `the filter's gradient is the sum it means: ${name}`,
    (device) =>
      checkKernel(device, {
        inputs,
        run: (x, dy) =>
          tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, { ...attrs, filterShape: w }),
        reference: (x, dy) => reference(info, x, dy),
        tolerance: 1e-5,
        backward: false,
      }),
  );

  testOnWebgpu(`the filter's gradient has the same bits by any tile: ${name}`, async () => {
    const backend = webgpuBackend(tf.backend());
    const [a, b] = inputs.map(({ shape, values }) => tf.tensor(values, [...shape]));
    const results: Float32Array[] = [];
    const tiles = [...filterGradientTiles(info), { taps: 2, channels: 4, columns: 4 }];
    for (const tile of tiles) {
      const dw = tf.engine().makeTensorFromTensorInfo(filterGradient(backend, a, b, info, tile));
      results.push(await dw.data<"float32">());
      dw.dispose();
    }
    tf.dispose([a, b]);
    for (const result of results) assertEquals(result, results[0]);
  });
}

testOnWebgpu("images with the channels first run on the stock kernel", async () => {
  const x = tf.ones([1, 2, 5, 5]), dy = tf.ones([1, 1, 3, 3]);
  const dw = tf.engine().runKernel<tf.Tensor>("Conv2DBackpropFilter", { x, dy }, {
    strides: 1,
    pad: "valid",
    dataFormat: "NCHW",
    filterShape: [3, 3, 2, 1],
  });
  assertEquals([...await dw.data()], Array(18).fill(9));
  tf.dispose([x, dy, dw]);
});
