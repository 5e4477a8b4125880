/**
 * A split whose examples are all in memory.
 *
 * @module
 */
import type { Split } from "../plugin.ts";
import { checkIndex } from "./check_index.ts";

/** A split of labelled examples from their bytes, [labels.length, ...shape], row-major. */
export function memorySplit(
  examples: Uint8Array,
  labels: Int32Array,
): Split & { readonly labels: Int32Array } {
  const { length } = labels;
  const size = examples.length / length;
  return {
    length,
    labels,
    bytes: examples,
    read: (indices) => {
      const batch = new Uint8Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        checkIndex(indices[i], length);
        batch.set(examples.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
      }
      return batch;
    },
  };
}
