/**
 * The binary files of CIFAR-10 and CIFAR-100 (Krizhevsky 2009): records of one or two label bytes
 * and 32×32 pixels, all red, then all green, then all blue.
 *
 * @module
 */
import { join } from "node:path";
import type { Split } from "../plugin.ts";
import { checkLabels } from "./memory_split.ts";
import { memorySplit } from "./memory_split.ts";
import { readRecords } from "./records.ts";

const PIXELS = 32 * 32;
const IMAGE = 3 * PIXELS;

export interface CifarLabels {
  /** Label bytes of a record: 1 in CIFAR-10, 2 in CIFAR-100 (coarse, then fine). */
  readonly labelBytes: number;
  /** Which of them is the label. */
  readonly labelAt: number;
  /** The number of classes. */
  readonly classes: number;
}

/**
 * Reads files of records into one split of images [32, 32, 3], in memory.
 *
 * @throws DataError where a file is missing, truncated, or has labels of no class.
 */
export function readCifarSplit(
  folder: string,
  names: readonly string[],
  { labelBytes, labelAt, classes }: CifarLabels,
): Split {
  const size = labelBytes + IMAGE;
  const parts = names.map((name) => {
    const path = join(folder, name);
    const records = readRecords(path, size);
    const labels = Int32Array.from(
      { length: records.length / size },
      (_, i) => records[i * size + labelAt],
    );
    checkLabels(path, labels, classes);
    return { records, labels };
  });
  const length = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Int32Array(length);
  const images = new Uint8Array(length * IMAGE);
  let row = 0;
  for (const part of parts) {
    labels.set(part.labels, row);
    for (let i = 0; i < part.labels.length; i++, row++) {
      interleave(part.records, i * size + labelBytes, images, row * IMAGE);
    }
  }
  return memorySplit(images, labels);
}

/** [3, 1024] at `from` → [1024, 3] at `to`. */
function interleave(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let pixel = 0; pixel < PIXELS; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      target[to++] = source[from + channel * PIXELS + pixel];
    }
  }
}
