/**
 * The gradients of a depthwise convolution, which the wasm backend lacks. Plain loops: nothing of
 * tauplus's own trains one, so they are right rather than fast.
 *
 *     y[n, i, j, c·m + k] = Σ_a,b x[n, i·s + a − p, j·s + b − p, c] · w[a, b, c, k]
 *
 * Tests and reference: `tests/lib/kernels/wasm/depthwise_gradients_test.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ConvInfo } from "../conv_geometry.ts";
import type { Heap } from "./heap.ts";

/** ∂L/∂x from ∂L/∂y and w [kh, kw, cin, m]. */
export function depthwiseInputGradient(
  heap: Heap,
  dy: tf.TensorInfo,
  w: tf.TensorInfo,
  info: ConvInfo,
): tf.TensorInfo {
  const dx = heap.output(info.inShape);
  heap.fill(dx, 0);
  const floats = heap.floats();
  const [out, from, filter] = [dx, dy, w].map((tensor) => heap.address(tensor) / 4);
  forEachProduct(info, (x, w, y) => floats[out + x] += floats[from + y] * floats[filter + w]);
  return dx;
}

/** ∂L/∂w from x and ∂L/∂y. */
export function depthwiseFilterGradient(
  heap: Heap,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  info: ConvInfo,
): tf.TensorInfo {
  const dw = heap.output(info.filterShape);
  // In float64: one sum has as many terms as the batch has pixels.
  const sums = new Float64Array(tf.util.sizeFromShape(info.filterShape));
  const floats = heap.floats();
  const [image, from] = [x, dy].map((tensor) => heap.address(tensor) / 4);
  forEachProduct(info, (x, w, y) => sums[w] += floats[image + x] * floats[from + y]);
  floats.set(sums, heap.address(dw) / 4);
  return dw;
}

/** Calls `visit` with the flat indices into x, w and y of every product in the sum above. */
function forEachProduct(info: ConvInfo, visit: (x: number, w: number, y: number) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const multiplier = outChannels / inChannels;
  for (let pixel = 0; pixel < batchSize * outHeight * outWidth; pixel++) {
    const j = pixel % outWidth, row = Math.floor(pixel / outWidth);
    const i = row % outHeight, n = Math.floor(row / outHeight);
    for (let a = 0; a < info.filterHeight; a++) {
      const h = i * strideHeight + a * dilationHeight - padInfo.top;
      if (h < 0 || h >= inHeight) continue;
      for (let b = 0; b < info.filterWidth; b++) {
        const v = j * strideWidth + b * dilationWidth - padInfo.left;
        if (v < 0 || v >= inWidth) continue;
        const x = ((n * inHeight + h) * inWidth + v) * inChannels;
        const w = (a * info.filterWidth + b) * outChannels;
        for (let o = 0; o < outChannels; o++) {
          visit(x + Math.floor(o / multiplier), w + o, pixel * outChannels + o);
        }
      }
    }
  }
}
