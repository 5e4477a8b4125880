/**
 * Makes the files beside it: a class-balanced subset of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017,
 * arXiv:1708.07747; MIT license, Zalando SE, see LICENSE), in the same format.
 *
 *     deno run -R -W plugins/datasets/fashion-mini/make.ts [FOLDER OF FASHION-MNIST'S FOUR FILES]
 *
 * Of each class it takes the first images of a seeded permutation; row i is of class i mod 10, so
 * the first rows are balanced too.
 *
 * @module
 */
import { gzipSync } from "node:zlib";
import { type IdxArray, readIdx } from "../../../lib/data/idx.ts";
import { rng, STREAM } from "../../../lib/random.ts";

/** Where Debian's package `dataset-fashion-mnist` puts the four files. */
export const DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist";

const CLASSES = 10;
const SPLITS = [
  { prefix: "train", perClass: 750 },
  { prefix: "t10k", perClass: 200 },
] as const;

/** Makes the subset's arrays from the files in `folder`, by the names of their files. */
export async function makeFashionMini(folder: string): Promise<Record<string, IdxArray>> {
  const files: Record<string, IdxArray> = {};
  for (const [split, { prefix, perClass }] of SPLITS.entries()) {
    const images = await readIdx(`${folder}/${prefix}-images-idx3-ubyte.gz`);
    const labels = await readIdx(`${folder}/${prefix}-labels-idx1-ubyte.gz`);
    const rows = chooseRows(labels.data, split, perClass);
    files[`${prefix}-images-idx3-ubyte.gz`] = takeRows(images, rows);
    files[`${prefix}-labels-idx1-ubyte.gz`] = takeRows(labels, rows);
  }
  return files;
}

function chooseRows(labels: Uint8Array, split: number, perClass: number): number[] {
  const chosen = Array.from({ length: CLASSES }, (_, label) => {
    const members = Array.from(labels.keys()).filter((row) => labels[row] === label);
    const order = rng(0, STREAM.dataset, split, label).permutation(members.length);
    return Array.from(order.subarray(0, perClass), (i) => members[i]);
  });
  return Array.from({ length: perClass }, (_, i) => chosen.map((rows) => rows[i])).flat();
}

function takeRows({ shape, data }: IdxArray, rows: number[]): IdxArray {
  const size = data.length / shape[0];
  const taken = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => taken.set(data.subarray(row * size, (row + 1) * size), i * size));
  return { shape: [rows.length, ...shape.slice(1)], data: taken };
}

function encodeIdx({ shape, data }: IdxArray): Uint8Array {
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + data.length);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, size));
  bytes.set(data, header);
  return bytes;
}

if (import.meta.main) {
  for (
    const [name, array] of Object.entries(await makeFashionMini(Deno.args[0] ?? DEBIAN_FOLDER))
  ) {
    const packed = gzipSync(encodeIdx(array), { level: 9, memLevel: 9 });
    await Deno.writeFile(new URL(name, import.meta.url), packed);
  }
}
