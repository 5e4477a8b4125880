/**
 * Copies one row into all rows.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Heap } from "./heap.ts";

/** Fills y [..., n] with a row [n]. */
export function fillRows(heap: Heap, y: tf.TensorInfo, row: tf.TensorInfo): void {
  const floats = heap.floats();
  const from = heap.address(row) / 4, to = heap.address(y) / 4;
  const [size, total] = [row, y].map(({ shape }) => tf.util.sizeFromShape(shape));
  floats.copyWithin(to, from, from + size);
  // Doubling: each copy takes all that is there.
  for (let done = size; done < total; done *= 2) {
    floats.copyWithin(to + done, to, to + Math.min(done, total - done));
  }
}
