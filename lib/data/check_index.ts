/**
 * The index of an example.
 *
 * @module
 */

/** Throws RangeError unless `index` is one of 0 … `length` − 1. */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new RangeError(`There is no example ${index} among ${length}`);
}
