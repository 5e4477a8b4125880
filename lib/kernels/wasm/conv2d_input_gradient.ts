/**
 * The gradient of a convolution by its input, on wasm.
 *
 *     ∂x[n, h, v, c] = Σ_a,b,o ∂y[n, (h + p − a)/s, (v + p − b)/s, o] · w[a, b, c, o]   where whole
 *
 * Which taps (a, b) meet a pixel depends on the residue of (h, v) modulo the stride alone. For every
 * residue this is a convolution of ∂y with those taps, flipped, written to every s-th pixel of ∂x: so
 * nothing is multiplied by stuffed zeros.
 *
 * Tests and reference: `tests/lib/kernels/wasm/conv2d_test.ts`; bench: `bench/step.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { ConvInfo } from "../conv_geometry.ts";
import type { Heap } from "./heap.ts";
import { multiplyWindows, PaddedImages } from "./windows.ts";
import { COLUMNS, parts } from "./tiles.ts";

/** The taps that meet the residue r of one axis: from `first` in steps of the stride. */
function residue(r: number, kernel: number, stride: number, pad: number, length: number) {
  const first = (r + pad) % stride;
  const taps = Math.max(0, Math.ceil((kernel - first) / stride));
  const count = Math.max(0, Math.ceil((length - r) / stride));
  return { r, first, taps, count, before: taps - 1 - Math.floor((r + pad) / stride) };
}

/** ∂L/∂x from ∂L/∂y and w. */
export function inputGradient(
  heap: Heap,
  dy: tf.TensorInfo,
  w: tf.TensorInfo,
  info: ConvInfo,
): tf.TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = info;
  const dx = heap.output(info.inShape);
  const axis = (stride: number, kernel: number, pad: number, length: number) => {
    const residues = Array.from(
      { length: stride },
      (_, r) => residue(r, kernel, stride, pad, length),
    ).filter(({ taps, count }) => taps > 0 && count > 0);
    const before = Math.max(0, ...residues.map((r) => r.before));
    const ends = residues.map((r) => before - r.before + r.count + r.taps - 1);
    return { residues, before, padded: Math.max(1, ...ends), whole: residues.length === stride };
  };
  const vertical = axis(strideHeight, filterHeight, padInfo.top, inHeight);
  const horizontal = axis(strideWidth, filterWidth, padInfo.left, inWidth);
  const images = new PaddedImages(
    heap,
    heap.address(dy),
    { height: outHeight, width: outWidth, channels: outChannels },
    {
      top: vertical.before,
      left: horizontal.before,
      height: vertical.padded,
      width: horizontal.padded,
    },
  );
  const step = 4 * outChannels;
  images.with(
    1,
    () =>
      heap.scratch(4 * filterHeight * filterWidth * inChannels * outChannels, (packed) => {
        const out = heap.address(dx);
        const image = inHeight * inWidth * inChannels;
        if (!vertical.whole || !horizontal.whole) {
          heap.floats().fill(0, out / 4, out / 4 + batchSize * image);
        }
        let next = packed;
        const products = vertical.residues.flatMap((v) =>
          horizontal.residues.map((h) => {
            const b = next;
            const length = h.taps * outChannels;
            next += 4 * v.taps * length * inChannels;
            packFlipped(heap, heap.address(w), b, info, v, h);
            return {
              a: 4 * (vertical.before - v.before) * images.row +
                (horizontal.before - h.before) * step,
              b,
              out: out + 4 * (v.r * inWidth + h.r) * inChannels,
              height: v.count,
              width: h.count,
              columns: inChannels,
              runs: v.taps,
              length,
              aRow: 4 * images.row,
              aStep: step,
              aSkip: 4 * (images.row - length),
              outRow: 4 * strideHeight * inWidth * inChannels,
              outStep: 4 * strideWidth * inChannels,
              accumulate: false,
            };
          })
        );
        for (let n = 0; n < batchSize; n++) {
          const a = images.images(n, 1);
          for (const p of products) {
            multiplyWindows(heap, { ...p, a: a + p.a, out: p.out + 4 * n * image });
          }
        }
      }),
  );
  return dx;
}

/** Packs the taps of a residue, last first, as a matrix [taps · cout, cin]. */
function packFlipped(
  heap: Heap,
  from: number,
  to: number,
  { filterWidth, inChannels, outChannels, strideHeight, strideWidth }: ConvInfo,
  v: { first: number; taps: number },
  h: { first: number; taps: number },
): void {
  const floats = heap.floats();
  let at = to / 4;
  for (const { start, size } of parts(inChannels, COLUMNS)) {
    for (let i = v.taps - 1; i >= 0; i--) {
      for (let j = h.taps - 1; j >= 0; j--) {
        const tap = (v.first + strideHeight * i) * filterWidth + h.first + strideWidth * j;
        const source = from / 4 + (tap * inChannels + start) * outChannels;
        for (let o = 0; o < outChannels; o++) {
          for (let c = 0; c < size; c++) floats[at++] = floats[source + c * outChannels + o];
        }
      }
    }
  }
}
