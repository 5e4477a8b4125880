/**
 * A folder of images as splits of a dataset.
 *
 * @module
 */
import { basename } from "node:path";
import { DataError } from "../errors.ts";
import type { BaseEnv, Split, Verification } from "../plugin.ts";
import { checkIndex } from "./memory_split.ts";
import { type CheckedImages, checkImages } from "./check_images.ts";
import { decodeImage } from "./decode_image.ts";
import {
  holdOut,
  type ImageList,
  labeled,
  type Labels,
  listImages,
  nameIn,
  PARTS,
  partsOf,
} from "./image_folder_layout.ts";
import {
  filesBelow,
  findFiles,
  type Folder,
  foldersIn,
  type PassedOver,
} from "./image_folder_scan.ts";

/** Decoded images are kept up to this many bytes: 19,000 of 96×96. */
const CACHE_BYTES = 512 * 2 ** 20;

export interface ImageFolderOptions {
  readonly path: string;
  /** Height and width of every image, in pixels. */
  readonly imageSize: number;
  /** The share of each class held out as `test`, where the folder has no such parts of its own. */
  readonly testShare: number;
  /** `folder`: sub-folders are classes; `none`: no labels; `auto`: classes where they look so. */
  readonly labels: Labels;
  /** Whether images that cannot be read end it, before any is used, or are left out. */
  readonly onError: "fail" | "skip";
  /** The value that is white in images of more than 8 bits; 0: 65,535 of 16 bits, 1 of floats. */
  readonly maxValue: number;
}

/** A folder of images: its classes, none where it has no labels, and its splits. */
export interface ImageFolder {
  /** The names of the classes, index = label. */
  readonly classes: string[];
  /** `train`; `test` where the folder is split or has classes; `validation` where it has three parts. */
  readonly splits: Record<string, Split>;
  /** Sentences on what was skipped, and on how the folder was read. */
  readonly notes: string[];
}

type Env = Pick<BaseEnv, "progress" | "signal">;

/**
 * Opens a folder of images. With a folder `train` and `test` or `valid` in it, in any of their usual
 * spellings, these are the splits; else a share of each class, chosen by the names of the files
 * alone, is held out as `test`. A folder without classes is all `train`, without labels. Every file
 * is looked at first; images are decoded when they are read.
 *
 * @throws DataError where the folder cannot be read, has no images, or (`onError` `fail`) has images
 * that cannot be read.
 */
export async function openImageFolder(options: ImageFolderOptions, env: Env): Promise<ImageFolder> {
  const { path, imageSize, testShare, onError } = options;
  const cache = new Map<string, Uint8Array>();
  const decode = async (file: string, scale: number): Promise<Uint8Array> => {
    const kept = cache.get(file);
    if (kept !== undefined) return kept;
    const pixels = await decodeImage(file, imageSize, scale);
    // Nothing is thrown out for what comes later: an epoch reads each image once, in random order,
    // so that what stays is found again and what is replaced never is.
    if ((cache.size + 1) * pixels.length <= CACHE_BYTES) cache.set(file, pixels);
    return pixels;
  };
  // What is to be left out has to be known before: read whole, and kept as far as there is room.
  const { parts, checked, notes } = await look(options, onError === "skip", decode, env);
  const { bad, scales } = checked;
  if (bad.size > 0 && onError === "fail") {
    throw new DataError({
      act: `read the image folder ${path}`,
      rule: `every image must be readable, and ${bad.size} of ${bad.size + scales.size} are not: ` +
        firstOf(bad, path),
      next:
        "Repair or remove them (`deno task data verify folder --path=DIR` lists all), or leave " +
        "them out with --on_error=skip.",
    });
  }
  const isImage = (file: string) => scales.has(file) || bad.has(file);
  const found = Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, listImages(part, isImage, options.labels)]),
  );
  const empty = Object.values(parts).flatMap(({ folders }) =>
    [...folders.values()].filter((folder) => !filesBelow(folder).some(isImage))
  );
  notes.push(
    ...listed("Passed over, folders without images:", empty.map(({ path }) => path), path),
  );
  const lists = labeled(found, parts, options, notes);
  const divided = "test" in lists ? lists : holdOut(lists.train, path, testShare);
  const splits: Record<string, Split> = {};
  for (const [name, { classes, images }] of Object.entries(divided)) {
    const good = images.filter(({ path }) => scales.has(path));
    if (good.length === 0 && name in parts) throw noImages(parts[name].path, checked);
    if (good.length === 0) continue;
    splits[name] = asSplit(
      { classes, images: good },
      path,
      imageSize ** 2 * 3,
      (file) => decode(file, scales.get(file)!),
    );
  }
  return { classes: [...divided.train.classes], splits, notes };
}

/** Reads every image of a folder whole, and says which cannot be read. */
export async function verifyImageFolder(
  options: ImageFolderOptions,
  env: Env,
): Promise<Verification> {
  const { checked: { scales, bad }, notes } = await look(
    options,
    true,
    (file, scale) => decodeImage(file, options.imageSize, scale),
    env,
  );
  return {
    checked: scales.size + bad.size,
    problems: [...bad].map(([path, problem]) => ({ path, problem })),
    notes: notes.filter((note) => !note.startsWith(LEFT_OUT)),
  };
}

const LEFT_OUT = "Left out, as unreadable:";

interface Looked {
  /** The folder of each split. */
  readonly parts: Record<string, Folder>;
  readonly checked: CheckedImages;
  readonly notes: string[];
}

async function look(
  { path, maxValue }: ImageFolderOptions,
  whole: boolean,
  decode: (file: string, scale: number) => Promise<unknown>,
  { progress, signal }: Env,
): Promise<Looked> {
  const passed: PassedOver = { special: [], again: [] };
  const { folders, names } = await findParts(path);
  const parts: Record<string, Folder> = {};
  for (const [split, name] of Object.entries(names)) {
    parts[split] = await findFiles(name === "" ? path : `${path}/${name}`, passed);
  }
  const files = [...new Set(Object.values(parts).flatMap(filesBelow))];
  const checked = await checkImages(files, { maxValue, whole, decode, progress, signal });
  return { parts, checked, notes: notesOn(path, folders, names, checked, passed) };
}

/** The folders, and that of each split, in `path`; or, if all it holds is one folder, in that one. */
async function findParts(path: string) {
  const folders = await foldersIn(path);
  if (folders.length === 1 && !Object.values(PARTS).some((part) => part.test(folders[0]))) {
    // An archive that was unpacked with its outermost folder.
    const [outer] = folders;
    const inner = (await foldersIn(`${path}/${outer}`)).map((name) => `${outer}/${name}`);
    const parts = partsOf(inner.map((name) => basename(name)), `${path}/${outer}`);
    if (parts.train !== "") {
      const names = Object.entries(parts).map(([split, name]) => [split, `${outer}/${name}`]);
      return { folders: inner, names: Object.fromEntries(names) as Record<string, string> };
    }
  }
  return { folders, names: partsOf(folders, path) };
}

function noImages(path: string, { foreign, bad }: CheckedImages): DataError {
  const kinds = [...foreign].map(([kind, { length }]) => `${length} ${kind}`);
  const found = [...kinds, ...(bad.size > 0 ? [`${bad.size} that cannot be read`] : [])].join(", ");
  return new DataError({
    act: `read the image folder ${path}`,
    rule: "it must hold images that can be read",
    got: found || "none",
    next: kinds.length > 0
      ? CONVERT
      : "Put images (JPEG, PNG, WebP, GIF, TIFF, AVIF) in one sub-folder per class, or all " +
        "directly in the folder.",
  });
}

const CONVERT =
  "Convert them to PNG or JPEG, as by `magick mogrify -format png FILES` of ImageMagick.";

/** What was skipped and why, a sentence each. */
function notesOn(
  root: string,
  folders: readonly string[],
  names: Record<string, string>,
  { bad, foreign, others, paged }: CheckedImages,
  { special, again }: PassedOver,
): string[] {
  const used = Object.values(names);
  const beside = used.includes("") ? [] : folders.filter((name) => !used.includes(name));
  const splits = folders.filter((name) =>
    used.includes("") && Object.values(PARTS).some((part) => part.test(name))
  );
  return [
    ...(names.validation === undefined ? [] : [
      `${names.test} is the split test, on which encoders are evaluated; ${names.validation} is the ` +
      "split validation, which is used where it is asked for.",
    ]),
    ...(splits.length > 0
      ? [`The folder ${splits[0]} is taken for a class: splits are train beside test or valid.`]
      : []),
    ...(bad.size > 0 ? [`${LEFT_OUT} ${bad.size}: ${firstOf(bad, root)}.`] : []),
    ...[...foreign].flatMap(([kind, paths]) =>
      listed(`Passed over, ${kind}:`, paths, root, CONVERT)
    ),
    ...listed("Passed over, not images:", others, root),
    ...listed("Passed over, folders beside the splits:", beside, root),
    ...listed("Passed over, neither files nor folders:", special, root),
    ...listed("Passed over, links to folders that are read already:", again, root),
    ...listed("Of several pages or frames, of which the first is read:", paged, root),
  ];
}

function listed(words: string, paths: readonly string[], root: string, then?: string): string[] {
  return paths.length > 0 ? [`${words} ${some(paths, root)}.${then ? ` ${then}` : ""}`] : [];
}

/** `12 (a/1.heic, a/2.heic, a/3.heic, …)`, relative to `root`. */
function some(paths: readonly string[], root: string): string {
  const shown = paths.slice(0, 3).map((path) => nameIn(path, root)).join(", ");
  return `${paths.length.toLocaleString("en")} (${shown}${paths.length > 3 ? ", …" : ""})`;
}

/** `a/1.jpg (it is empty), a/2.jpg (…), …` */
function firstOf(bad: ReadonlyMap<string, string>, root: string): string {
  const shown = [...bad].slice(0, 3).map(([path, why]) => `${nameIn(path, root)} (${why})`);
  return shown.join(", ") + (bad.size > 3 ? ", …" : "");
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
