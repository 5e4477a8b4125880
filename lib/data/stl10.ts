/**
 * The binary files of STL-10 (Coates, Ng, Lee 2011): images of 96×96 pixels, all red, then all
 * green, then all blue, each column by column; labels are bytes from 1.
 *
 * @module
 */
import { join } from "node:path";
import { DataError } from "../errors.ts";
import type { Split } from "../plugin.ts";
import { checkIndex } from "./memory_split.ts";
import { checkLabels } from "./memory_split.ts";
import { openRecords, readRecords, type Records } from "./records.ts";

const SIDE = 96;
const PIXELS = SIDE * SIDE;
const IMAGE = 3 * PIXELS;

/** The splits, and what closes their files. */
export interface Stl10 {
  /** `train`, `test`, `unlabeled`, and `train+unlabeled`, of images [96, 96, 3]. */
  readonly splits: Readonly<Record<string, Split>>;
  close(): void;
}

/**
 * Opens the files in `folder`. Images are read from the files when they are asked for; the label of
 * an unlabeled image is −1.
 *
 * @throws DataError where a file is missing or truncated, has labels of no class, or where there
 * are not as many labels as images.
 */
export function openStl10(folder: string, classes: number): Stl10 {
  const opened: Records[] = [];
  const close = () => opened.forEach((records) => records.close());
  const open = (name: string) => {
    const records = openRecords(join(folder, name), IMAGE);
    opened.push(records);
    return records;
  };
  const readLabels = (name: string, images: Records) => {
    const path = join(folder, name);
    const labels = Int32Array.from(readRecords(path, 1), (label) => label - 1);
    checkLabels(path, labels, classes);
    if (labels.length === images.length) return labels;
    throw new DataError({
      act: `read ${path}`,
      rule: `it must have a label for each of the ${images.length} images beside it`,
      got: `${labels.length} labels`,
      next: "One of the files is truncated: delete both and fetch the dataset again.",
    });
  };
  try {
    const [train, test, unlabeled] = ["train_X.bin", "test_X.bin", "unlabeled_X.bin"].map(open);
    const trainLabels = readLabels("train_y.bin", train);
    const unknown = new Int32Array(unlabeled.length).fill(-1);
    return {
      splits: {
        train: splitOf([train], trainLabels),
        test: splitOf([test], readLabels("test_y.bin", test)),
        unlabeled: splitOf([unlabeled], unknown),
        "train+unlabeled": splitOf(
          [train, unlabeled],
          Int32Array.from([...trainLabels, ...unknown]),
        ),
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The images of some files, one file after the other. */
function splitOf(files: readonly Records[], labels: Int32Array): Split {
  const stored = new Uint8Array(IMAGE);
  return {
    length: labels.length,
    labels,
    read: (indices) => {
      const batch = new Uint8Array(indices.length * IMAGE);
      for (let i = 0; i < indices.length; i++) {
        checkIndex(indices[i], labels.length);
        const [first] = files;
        if (indices[i] < first.length) first.read(indices[i], stored);
        else files[1].read(indices[i] - first.length, stored);
        toRows(stored, batch.subarray(i * IMAGE, (i + 1) * IMAGE));
      }
      return batch;
    },
  };
}

/** [channel, x, y] → [y, x, channel]. */
function toRows(stored: Uint8Array, image: Uint8Array): void {
  for (let y = 0, to = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const from = x * SIDE + y;
      image[to++] = stored[from];
      image[to++] = stored[from + PIXELS];
      image[to++] = stored[from + 2 * PIXELS];
    }
  }
}
