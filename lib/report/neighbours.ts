/**
 * The nearest neighbours of each image among the others.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import { nearestOfRows } from "../evaluate/nearest.ts";
import { turn } from "../evaluate/turn.ts";

/** The neighbours of one image, nearest first. */
export interface Neighbours {
  /** Which rows they are. */
  readonly rows: readonly number[];
  /** The cosines of the angles to them. */
  readonly cosines: readonly number[];
}

/** Rows that are compared with all at a time. */
const BLOCK = 256;

/** Features shorter than this are divided by it, as `F.normalize` does. */
const SHORTEST = 1e-12;

/**
 * The k nearest other rows of each row, by cosine; of equal ones the earlier row comes first.
 *
 * @param features [count, dim]
 * @param k fewer than count
 */
export async function neighboursOf(
  device: Device,
  features: Float32Array,
  dim: number,
  k: number,
  signal?: AbortSignal,
): Promise<Neighbours[]> {
  const { tf } = device;
  const count = features.length / dim;
  const units = tf.tidy(() => {
    const rows = tf.tensor2d(features, [count, dim]);
    return rows.div<tf.Tensor2D>(rows.norm(2, 1, true).maximum(SHORTEST));
  });
  const found: Neighbours[] = [];
  try {
    for (let start = 0; start < count; start += BLOCK) {
      await turn(signal);
      const cosines = tf.tidy(() => {
        const block = tf.slice2d(units, [start, 0], [Math.min(BLOCK, count - start), dim]);
        return tf.matMul<tf.Tensor2D>(block, units, false, true);
      });
      try {
        // One more, as each row is near to itself.
        for (const { columns, values } of await nearestOfRows(tf, cosines, k + 1)) {
          const self = found.length;
          const nearest = [...columns.keys()].reverse().filter((i) => columns[i] !== self);
          nearest.length = k;
          found.push({
            rows: nearest.map((i) => columns[i]),
            cosines: nearest.map((i) => values[i]),
          });
        }
      } finally {
        cosines.dispose();
      }
    }
  } finally {
    units.dispose();
  }
  device.check();
  return found;
}
