/**
 * Sums over many rows a part at a time, so that what lies between is small.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Tf } from "../plugin.ts";

/** Rows of a part: enough for a device, and 4 MiB of 512 features. */
const ROWS = 2048;

/**
 * Σ of `part` over ranges of rows that together are 0 … rows.
 *
 * @param rows at least 1
 * @param part gives the sum over `count` rows from `begin`; what else it makes is freed
 */
export function sumOverRows<T extends tf.Tensor>(
  tf: Tf,
  rows: number,
  part: (begin: number, count: number) => T,
): T {
  let sum: T | undefined;
  let begin = 0;
  do {
    const before = sum;
    sum = tf.tidy(() => {
      const own = part(begin, Math.min(ROWS, rows - begin));
      return before ? tf.add<T>(before, own) : own;
    });
    before?.dispose();
    begin += ROWS;
  } while (begin < rows);
  return sum;
}
