/**
 * Sums and means over axes that are not the last, on wasm: out[o, i] = scale·Σ_r x[o, r, i]. The
 * backend transposes first, element by element.
 *
 * Tests and reference: `tests/lib/kernels/wasm/reduce_test.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Heap } from "./heap.ts";
import { COLUMNS, parts } from "./tiles.ts";

/** Floats that stay in the first-level cache. */
const CACHE = 4 * 1024;

/**
 * The sum (or mean) of x over `axes`; undefined where they are not neighbors, or reach the last
 * axis, or x is not float32: there the backend's own kernel does well, or has to do.
 */
export function reduce(
  heap: Heap,
  x: tf.TensorInfo,
  axis: number | number[],
  keepDims: boolean,
  kind: "sum" | "mean",
): tf.TensorInfo | undefined {
  const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
  const first = axes[0], end = first + axes.length;
  if (x.dtype !== "float32" || axes.length === 0 || axes.some((a, i) => a !== first + i)) return;
  const size = (from: number, to?: number) => tf.util.sizeFromShape(x.shape.slice(from, to));
  const outer = size(0, first), count = size(first, end), inner = size(end);
  if (inner === 1 || outer * count * inner === 0) return;
  const shape = x.shape.flatMap((n, i) => i < first || i >= end ? [n] : keepDims ? [1] : []);
  const out = heap.output(shape);
  heap.fill(out, 0);
  heap.scratch(4, (scale) => {
    heap.floats()[scale / 4] = kind === "sum" ? 1 : 1 / count;
    for (let o = 0; o < outer; o++) {
      for (const rows of parts(count, Math.max(32, Math.floor(CACHE / inner)))) {
        for (const { start, size } of parts(inner, COLUMNS)) {
          heap.tiles.outer(1, size)(
            scale,
            heap.address(x) + 4 * ((o * count + rows.start) * inner + start),
            heap.address(out) + 4 * (o * inner + start),
            0,
            1,
            1,
            rows.size,
            0,
            0,
            0,
            4 * inner,
          );
        }
      }
    }
  });
  return out;
}
