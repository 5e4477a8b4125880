/**
 * The k largest of each row of a tensor, with as little read back as the device allows.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel } from "../kernels/calls.ts";
import type { Tf } from "../plugin.ts";

/** Candidates a row has room for: twice what the largest k of the kernel needs in any order. */
const ROOM = 512;
const KERNEL_K = 256;

/** What stands out in a row. */
export interface Nearest {
  /** Columns, smallest value first; of equal values the lower column counts as larger. */
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/**
 * The k largest values of each row, as {@linkcode topK} ranks them.
 *
 * On webgpu some more than k are picked on the device and read back: for 279 rows of 60,000 on a
 * software adapter 0.10 s of processor time instead of 0.27. A row of so many equal values
 * that there is no room for the candidates is read whole.
 *
 * @param rows [n, columns], no value NaN
 * @param k at most the number of columns
 */
export async function nearestOfRows(tf: Tf, rows: tf.Tensor2D, k: number): Promise<Nearest[]> {
  const [n, width] = rows.shape;
  if (k > KERNEL_K || !hasKernel("TopCandidates")) {
    const values = await rows.data<"float32">();
    return Array.from(
      { length: n },
      (_, i) => largest(values.subarray(i * width, (i + 1) * width), k),
    );
  }
  const held = runKernel("TopCandidates", { values: rows }, { k, room: ROOM });
  try {
    const [counts, columns, values] = await Promise.all(held.map((tensor) => tensor.data()));
    const found: Nearest[] = [];
    for (const [i, count] of counts.entries()) {
      const from = i * ROOM;
      found.push(
        count > ROOM
          ? await largestOfRow(tf, rows, i, k)
          : ranked(columns.subarray(from, from + count), values.subarray(from, from + count), k),
      );
    }
    return found;
  } finally {
    tf.dispose(held);
  }
}

async function largestOfRow(tf: Tf, rows: tf.Tensor2D, i: number, k: number): Promise<Nearest> {
  const row = tf.slice(rows, [i, 0], [1, -1]);
  const values = await row.data<"float32">();
  row.dispose();
  return largest(values, k);
}

function largest(values: Float32Array, k: number): Nearest {
  const columns = topK(values, k);
  return { columns, values: Float32Array.from(columns, (column) => values[column]) };
}

/** The k largest of candidates that come in any order, which must not show. */
function ranked(columns: ArrayLike<number>, values: ArrayLike<number>, k: number): Nearest {
  const order = Float64Array.from(columns, (column, place) => column * ROOM + place).sort();
  const inOrder = Float32Array.from(order, (key) => values[key % ROOM]);
  const places = topK(inOrder, k);
  return {
    columns: Int32Array.from(places, (place) => Math.floor(order[place] / ROOM)),
    values: Float32Array.from(places, (place) => inOrder[place]),
  };
}

/**
 * The indices of the k largest values, smallest first; of equal values the lower index counts as
 * larger. `k` is at most `values.length`, and no value is NaN.
 */
export function topK(values: Float32Array, k: number): Int32Array {
  const heap = new Int32Array(k);
  for (let i = 0; i < k; i++) heap[i] = i;
  for (let i = (k >> 1) - 1; i >= 0; i--) siftDown(heap, values, i, k);
  let least = values[heap[0]];
  for (let i = k; i < values.length; i++) {
    // An equal value has a higher index than all in the heap, so it stays out.
    if (values[i] <= least) continue;
    heap[0] = i;
    siftDown(heap, values, 0, k);
    least = values[heap[0]];
  }
  const sorted = new Int32Array(k);
  for (let size = k; size > 0; size--) {
    sorted[k - size] = heap[0];
    heap[0] = heap[size - 1];
    siftDown(heap, values, 0, size - 1);
  }
  return sorted;
}

/** Moves the root of a sub-heap down until no child ranks below it. */
function siftDown(heap: Int32Array, values: Float32Array, root: number, size: number): void {
  const index = heap[root];
  for (;;) {
    let child = 2 * root + 1;
    if (child >= size) break;
    if (child + 1 < size && below(values, heap[child + 1], heap[child])) child++;
    if (!below(values, heap[child], index)) break;
    heap[root] = heap[child];
    root = child;
  }
  if (size > 0) heap[root] = index;
}

function below(values: Float32Array, a: number, b: number): boolean {
  return values[a] < values[b] || (values[a] === values[b] && a > b);
}
