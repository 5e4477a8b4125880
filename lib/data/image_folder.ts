/**
 * A folder of images as splits of a dataset.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { DataError } from "../errors.ts";
import type { Split } from "../plugin.ts";
import { checkIndex } from "./check_index.ts";
import { decodeImage } from "./decode_image.ts";
import { type ImageList, listFolder, scanImageFolder } from "./image_folder_scan.ts";

/** Decoded images are kept up to this many bytes: 19,000 of 96×96. */
const CACHE_BYTES = 512 * 2 ** 20;

/** How to read a folder of images. */
export interface ImageFolderOptions {
  /** The folder. */
  readonly path: string;
  /** Height and width of every image, in pixels. */
  readonly imageSize: number;
  /** The share of each class held out as `test`, where the folder has no such parts of its own. */
  readonly testShare: number;
}

/** A folder of images: its classes, none where it has no sub-folders, and its splits. */
export interface ImageFolder {
  /** The names of the classes, index = label. */
  readonly classes: string[];
  /** `train`, and `test` where the folder is split or has classes. */
  readonly splits: Record<string, Split>;
}

/**
 * Opens a folder of images. With sub-folders `train` and `test` (or `val`) these are the splits;
 * else a share of each class, chosen by the names of the files alone, is held out as `test`. A flat
 * folder is all `train`, without labels. Images are decoded when they are read.
 *
 * Throws DataError where the folder cannot be read or has no images.
 */
export async function openImageFolder(options: ImageFolderOptions): Promise<ImageFolder> {
  const { path, imageSize, testShare } = options;
  const { folders } = await listFolder(path);
  if (folders.join() === "train") {
    throw new DataError({
      act: `read the image folder ${path}`,
      rule: "train must have test or val beside it",
      got: "train alone",
      next: `Add the one, or give ${path}/train as the path.`,
    });
  }
  const heldOut = ["test", "val"].find((name) => folders.includes(name));
  const lists = folders.includes("train") && heldOut !== undefined
    ? await scanParts(`${path}/train`, `${path}/${heldOut}`)
    : holdOut(await scanImageFolder(path), path, testShare);

  const cache = new Map<string, Uint8Array>();
  const decode = async (file: string): Promise<Uint8Array> => {
    const kept = cache.get(file);
    if (kept !== undefined) return kept;
    const pixels = await decodeImage(file, imageSize);
    // Nothing is thrown out for what comes later: an epoch reads each image once, in random order,
    // so that what stays is found again and what is replaced never is.
    if ((cache.size + 1) * pixels.length <= CACHE_BYTES) cache.set(file, pixels);
    return pixels;
  };
  const splits = Object.fromEntries(
    Object.entries(lists).map((
      [name, list],
    ) => [name, asSplit(list, path, imageSize ** 2 * 3, decode)]),
  );
  return { classes: lists.train.classes, splits };
}

async function scanParts(train: string, test: string): Promise<Record<string, ImageList>> {
  const lists = { train: await scanImageFolder(train), test: await scanImageFolder(test) };
  const { classes } = lists.train;
  const refuse = (rule: string, got: string) =>
    new DataError({
      act: `read the image folder ${test}`,
      rule,
      got,
      next: `Give it the same sub-folders as ${train}.`,
    });
  if ((classes.length === 0) !== (lists.test.classes.length === 0)) {
    const got = classes.length === 0 ? "classes in it alone" : "no classes in it";
    throw refuse("it must have classes where the training images have them", got);
  }
  const strange = lists.test.classes.find((name) => !classes.includes(name));
  if (strange !== undefined) throw refuse("its classes must be among those of train", strange);
  const labels = lists.test.classes.map((name) => classes.indexOf(name));
  const images = lists.test.images.map(({ path, label }) => ({ path, label: labels[label] ?? -1 }));
  return { ...lists, test: { classes, images } };
}

/**
 * Holds out a share of each class: the files whose names hash lowest, so that the same files are
 * chosen wherever the folder lies, and adding one moves few others.
 */
function holdOut(list: ImageList, root: string, share: number): Record<string, ImageList> {
  const { classes } = list;
  const test = new Set<string>();
  if (classes.length > 0 && share > 0) {
    for (const images of Map.groupBy(list.images, ({ label }) => label).values()) {
      const ranked = images.map(({ path }) => ({ path, rank: hash(path.slice(root.length + 1)) }))
        .sort((a, b) => a.rank < b.rank ? -1 : 1);
      const count = Math.min(Math.max(Math.round(share * images.length), 1), images.length - 1);
      ranked.slice(0, count).forEach(({ path }) => test.add(path));
    }
  }
  if (test.size === 0) return { train: list };
  const part = (inTest: boolean) => list.images.filter(({ path }) => test.has(path) === inTest);
  return { train: { classes, images: part(false) }, test: { classes, images: part(true) } };
}

function hash(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

function asSplit(
  { classes, images }: ImageList,
  root: string,
  size: number,
  decode: (file: string) => Promise<Uint8Array>,
): Split {
  return {
    length: images.length,
    ...classes.length > 0 && { labels: Int32Array.from(images, ({ label }) => label) },
    names: images.map(({ path }) => path.slice(root.length + 1)),
    fingerprint: () => sizesOf(images.map(({ path }) => path)),
    read: async (indices) => {
      for (let i = 0; i < indices.length; i++) checkIndex(indices[i], images.length);
      const batch = new Uint8Array(indices.length * size);
      let next = 0;
      const failures: unknown[] = [];
      const readOn = async () => {
        while (next < indices.length && failures.length === 0) {
          const row = next++;
          await decode(images[indices[row]].path).then(
            (pixels) => batch.set(pixels, row * size),
            (error) => failures.push(error),
          );
        }
      };
      await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, readOn));
      if (failures.length > 0) throw failures[0];
      return batch;
    },
  };
}

/** The sizes of files in bytes, as one text. */
async function sizesOf(paths: readonly string[]): Promise<string> {
  const sizes: number[] = [];
  // Many at a time, but not more than a system lets be open.
  for (let at = 0; at < paths.length; at += 256) {
    const infos = await Promise.all(
      paths.slice(at, at + 256).map((path) => Deno.stat(path).catch(() => undefined)),
    );
    sizes.push(...infos.map((info) => info?.size ?? -1));
  }
  return sizes.join();
}
