/**
 * Fashion-MNIST and its subsets: their classes, and a split from two IDX files.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import type { Split } from "../plugin.ts";
import { readIdx } from "./idx.ts";
import { memorySplit } from "./memory_split.ts";

/**
 * Reads images [n, height, width] and labels [n] into a split with `shape` [height, width, 1] and
 * labels in 0 … `classes` − 1.
 *
 * Throws DataError where a file cannot be read, or the files do not belong together.
 */
export async function readIdxSplit(
  imagesPath: string | URL,
  labelsPath: string | URL,
  classes: number,
): Promise<Split & { readonly shape: number[] }> {
  const [images, labels] = await Promise.all([readIdx(imagesPath), readIdx(labelsPath)]);
  const refuse = (file: string | URL, rule: string, got: unknown) =>
    new DataError({ act: `read ${file}`, rule, got, next: "Fetch the dataset again." });
  if (images.shape.length !== 3) {
    throw refuse(imagesPath, "images must have 3 dimensions", images.shape.length);
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== images.shape[0]) {
    throw refuse(labelsPath, `labels must have the shape [${images.shape[0]}]`, labels.shape);
  }
  const bad = labels.data.find((label) => label >= classes);
  if (bad !== undefined) throw refuse(labelsPath, `labels must be under ${classes}`, bad);

  return {
    ...memorySplit(images.data, Int32Array.from(labels.data)),
    shape: [...images.shape.slice(1), 1],
  };
}

/** Their names, index = label. */
export const FASHION_CLASSES: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];
