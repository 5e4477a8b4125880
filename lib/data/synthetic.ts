/**
 * Splits of procedural images: labels by a given balance, images drawn when they are read.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Split } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { checkIndex } from "./memory_split.ts";
import { drawSyntheticImage } from "./synthetic_image.ts";

/** What a split of synthetic images is made by. */
export interface SyntheticSplitOptions {
  /** The number of images. */
  readonly length: number;
  /** The number of classes. */
  readonly classes: number;
  /** Images of the most frequent class per image of the least frequent one, ρ ≥ 1. */
  readonly imbalance: number;
  /** Height and width in pixels. */
  readonly size: number;
  /** Standard deviation of the noise, where pixels go from 0 to 1. */
  readonly noise: number;
  /** The seed, and a number for the split: each pair has images of its own. */
  readonly seed: number;
  /** The number of the split. */
  readonly split: number;
}

/**
 * Makes a split whose class c has a share ∝ ρ^(−c / (classes − 1)), the long tail of Cui et al.
 * 2019 (arXiv:1901.05555), in random order. An image depends on the seed, the split, its index and
 * its label alone. Throws UsageError where `length` leaves a class without an image.
 */
export function syntheticSplit(options: SyntheticSplitOptions): Split & { labels: Int32Array } {
  const { length, classes, size, noise, seed, split } = options;
  const stream = rng(seed, STREAM.dataset, split);
  const sizes = classSizes(options);
  const sorted = sizes.flatMap((count, label) => new Array<number>(count).fill(label));
  const labels = Int32Array.from(stream.permutation(length), (i) => sorted[i]);
  const bytes = size * size * 3;
  return {
    length,
    labels,
    read: (indices) => {
      const batch = new Uint8Array(indices.length * bytes);
      for (let row = 0; row < indices.length; row++) {
        const index = indices[row];
        checkIndex(index, length);
        const out = batch.subarray(row * bytes, (row + 1) * bytes);
        drawSyntheticImage({ label: labels[index], classes, size, noise }, stream.fold(index), out);
      }
      return batch;
    },
  };
}

/** Whole class sizes that sum to `length`: rounded down, the largest remainders get the rest. */
function classSizes({ length, classes, imbalance }: SyntheticSplitOptions): number[] {
  const weights = Array.from({ length: classes }, (_, c) => imbalance ** (-c / (classes - 1)));
  const total = weights.reduce((sum, weight) => sum + weight);
  const exact = weights.map((weight) => weight / total * length);
  const sizes = exact.map(Math.floor);
  const byRemainder = exact.map((share, c) => ({ c, rest: share - sizes[c] }))
    .sort((a, b) => b.rest - a.rest);
  const left = length - sizes.reduce((sum, count) => sum + count);
  byRemainder.slice(0, left).forEach(({ c }) => sizes[c]++);
  if (sizes.includes(0)) {
    throw new UsageError({
      act: "make the dataset synthetic",
      rule: `each of ${classes} classes must have an image at an imbalance of ${imbalance}`,
      got: `${length} images`,
      next: "Ask for more images, fewer classes or less imbalance.",
    });
  }
  return sizes;
}
