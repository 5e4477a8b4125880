/**
 * The k largest of many values, in one pass with a heap of k. TensorFlow.js has `topk`, but its
 * WebGPU kernel took 4.0 s for 64 rows of 60,000 on a software adapter, where this takes 0.02 s.
 *
 * @module
 */

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
