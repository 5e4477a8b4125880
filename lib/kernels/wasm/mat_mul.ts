/**
 * Matrix products on wasm, either side transposed or not: out = a·b + bias. TensorFlow.js has a fast
 * path only where neither is and the batch is 1.
 *
 * Tests and reference: `tests/lib/kernels/wasm/mat_mul_test.ts`; bench: `bench/step.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { fillRows, type Heap } from "./heap.ts";
import { parts } from "./tiles.ts";
import { multiplyWindows, pack } from "./windows.ts";

/** Floats that stay in the second-level cache. */
const CACHE = 64 * 1024;

/** Sides and the product of one matrix product, as addresses in bytes. */
interface Product {
  a: number;
  b: number;
  out: number;
  /** out is [m, n]. */
  m: number;
  n: number;
  /** What is summed over. */
  k: number;
}

/**
 * a·b for a [..., m, k] and b [..., k, n], each stored with its last two axes swapped where
 * `transposeA`, `transposeB`. Batches are equal, or one of them is 1.
 *
 * @param bias [n], added to every row
 */
export function matMul(
  heap: Heap,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
  bias?: tf.TensorInfo,
): tf.TensorInfo {
  const [rowsA, columnsA] = a.shape.slice(-2), [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== inner) {
    throw new Error(
      `matMul: inner sizes ${k} and ${inner} of [${a.shape}] and [${b.shape}] differ`,
    );
  }
  const [batchA, batchB] = [a, b].map(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2)));
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
  );
  const out = heap.output([...batch, m, n]);
  if (bias) fillRows(heap, out, bias);
  else heap.fill(out, 0);
  for (let i = 0; i < tf.util.sizeFromShape(batch); i++) {
    const product = { out: heap.address(out) + 4 * i * m * n, ...{ m, n, k } };
    const atA = heap.address(a) + 4 * (i % batchA) * m * k;
    const atB = heap.address(b) + 4 * (i % batchB) * k * n;
    straight(
      heap,
      atA,
      transposeA,
      k,
      m,
      (a) => straight(heap, atB, transposeB, n, k, (b) => addProducts(heap, { ...product, a, b })),
    );
  }
  return out;
}

/** out += a·b for a [m, k]. */
function addProducts(heap: Heap, { a, b, out, m, n, k }: Product): void {
  const deep = 512;
  heap.scratch(4 * Math.min(k, deep) * n, (packed) => {
    for (const depth of parts(k, deep)) {
      pack(heap, b + 4 * depth.start * n, packed, depth.size, n);
      for (const rows of parts(m, CACHE / deep)) {
        multiplyWindows(heap, {
          a: a + 4 * (rows.start * k + depth.start),
          b: packed,
          out: out + 4 * rows.start * n,
          height: 1,
          width: rows.size,
          columns: n,
          runs: 1,
          length: depth.size,
          aRow: 0,
          aStep: 4 * k,
          aSkip: 0,
          outRow: 0,
          outStep: 4 * n,
          accumulate: true,
        });
      }
    }
  });
}

/** Runs `use` with a matrix, or with its transpose if it is [rows, columns] and `transposed`. */
function straight(
  heap: Heap,
  from: number,
  transposed: boolean,
  rows: number,
  columns: number,
  use: (address: number) => void,
): void {
  if (!transposed) return use(from);
  heap.scratch(4 * rows * columns, (to) => {
    const floats = heap.floats();
    const side = 32; // squares that stay in the cache
    for (const y of parts(rows, side)) {
      for (const x of parts(columns, side)) {
        for (let j = x.start; j < x.start + x.size; j++) {
          for (let i = y.start; i < y.start + y.size; i++) {
            floats[to / 4 + j * rows + i] = floats[from / 4 + i * columns + j];
          }
        }
      }
    }
    use(to);
  });
}
