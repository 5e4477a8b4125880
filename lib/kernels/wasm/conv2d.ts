/**
 * Convolution and its gradient by the filter on wasm, for images NHWC and filters [kh, kw, cin, cout].
 *
 *     y[n, i, j, o]    = Σ_a,b,c x[n, i·s + a − p, j·s + b − p, c] · w[a, b, c, o]
 *     ∂w[a, b, c, o]   = Σ_n,i,j x[n, i·s + a − p, j·s + b − p, c] · ∂y[n, i, j, o]
 *
 * In a padded image the window of one output pixel is, row by row, a contiguous run of kw·cin floats:
 * so both are matrix products whose large side is never built. A few images are padded at a time, into a
 * scratch that stays in the cache.
 *
 * Tests and reference: `tests/lib/kernels/wasm/conv2d_test.ts`; bench: `bench/step.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ConvInfo } from "../conv_geometry.ts";
import { fillRows, type Heap } from "./heap.ts";
import { multiplyWindows, pack, PaddedImages } from "./windows.ts";
import { balanced, COLUMNS, OUTER_ROWS, parts } from "./tiles.ts";

/** As many images are padded together as fit into this many floats with their gradients. */
const CACHE = 64 * 1024;

/** y, with `bias` [cout] added if there is one. */
export function convolve(
  heap: Heap,
  x: tf.TensorInfo,
  w: tf.TensorInfo,
  info: ConvInfo,
  bias?: tf.TensorInfo,
): tf.TensorInfo {
  const { batchSize, inChannels, outHeight, outWidth, outChannels } = info;
  const { strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const y = heap.output(info.outShape);
  if (bias) fillRows(heap, y, bias);
  const images = windows(heap, x, info);
  const length = filterWidth * inChannels;
  const packed = 4 * filterHeight * length * outChannels;
  images.with(1, () =>
    heap.scratch(packed, (b) => {
      pack(heap, heap.address(w), b, filterHeight * length, outChannels);
      const out = heap.address(y);
      for (let n = 0; n < batchSize; n++) {
        multiplyWindows(heap, {
          a: images.images(n, 1),
          b,
          out: out + 4 * n * outHeight * outWidth * outChannels,
          height: outHeight,
          width: outWidth,
          columns: outChannels,
          runs: filterHeight,
          length,
          aRow: 4 * strideHeight * images.row,
          aStep: 4 * strideWidth * inChannels,
          aSkip: 4 * (images.row - length),
          outRow: 4 * outWidth * outChannels,
          outStep: 4 * outChannels,
          accumulate: bias !== undefined,
        });
      }
    }));
  return y;
}

/** ∂L/∂w from x and ∂L/∂y. */
export function filterGradient(
  heap: Heap,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  info: ConvInfo,
): tf.TensorInfo {
  const { batchSize, inChannels, outHeight, outWidth, outChannels } = info;
  const { strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const dw = heap.output(info.filterShape);
  const images = windows(heap, x, info);
  const length = filterWidth * inChannels;
  const dyImage = outHeight * outWidth * outChannels;
  const together = Math.min(batchSize, Math.ceil(CACHE / (images.image + dyImage)));
  const aStep = 4 * strideWidth * inChannels;
  const aRow = 4 * strideHeight * images.row;
  heap.fill(dw, 0);
  images.with(together, () =>
    heap.scratch(4 * together * dyImage, (packed) => {
      const out = heap.address(dw);
      for (const { start: first, size: count } of parts(batchSize, together)) {
        const a = images.images(first, count);
        const pixels = count * outHeight * outWidth;
        // Packed, since rows that are a power of two apart would drive each other out of the cache.
        pack(heap, heap.address(dy) + 4 * first * dyImage, packed, pixels, outChannels);
        for (let run = 0; run < filterHeight; run++) {
          let row = 0;
          for (const [rows, times] of balanced(length, OUTER_ROWS)) {
            for (let t = 0; t < times; t++, row += rows) {
              for (const { start, size } of parts(outChannels, COLUMNS)) {
                heap.tiles.outer(rows, size)(
                  a + 4 * (run * images.row + row),
                  packed + 4 * start * pixels,
                  out + 4 * ((run * length + row) * outChannels + start),
                  4 * outChannels,
                  count,
                  outHeight,
                  outWidth,
                  aStep,
                  aRow - outWidth * aStep,
                  4 * images.image - outHeight * aRow,
                  4 * size,
                );
              }
            }
          }
        }
      }
    }));
  return dw;
}

/** x, padded so that every window is inside. */
function windows(heap: Heap, x: tf.TensorInfo, info: ConvInfo): PaddedImages {
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  return new PaddedImages(
    heap,
    heap.address(x),
    { height: info.inHeight, width: info.inWidth, channels: info.inChannels },
    {
      top: info.padInfo.top,
      left: info.padInfo.left,
      height: (outHeight - 1) * strideHeight + filterHeight,
      width: (outWidth - 1) * strideWidth + filterWidth,
    },
  );
}
