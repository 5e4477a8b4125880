/**
 * A split whose examples are all in memory.
 *
 * @module
 */
import type { Split } from "../plugin.ts";
import { DataError } from "../errors.ts";

/** A split of labeled examples from their bytes, [labels.length, ...shape], row-major. */
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

/** Throws DataError unless every label from `path` is one of 0 … `classes` − 1. */
export function checkLabels(path: string, labels: Int32Array, classes: number): void {
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad < 0) return;
  throw new DataError({
    act: `read ${path}`,
    rule: `it must have labels of ${classes} classes`,
    got: `class ${labels[bad]} for image ${bad}, counting from 0`,
    next: "The file is damaged: delete it and fetch the dataset again.",
  });
}

/** Throws RangeError unless `index` is one of 0 … `length` − 1. */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new RangeError(`There is no example ${index} among ${length}`);
}
