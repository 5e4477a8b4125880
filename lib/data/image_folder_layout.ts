/**
 * What the folders of a folder of images mean: splits, classes, or nothing.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { DataError } from "../errors.ts";
import { filesBelow, type Folder } from "./image_folder_scan.ts";

/** What a person says of the sub-folders: see the options of the dataset `folder`. */
export type Labels = "auto" | "folder" | "none";

/** Images of one split, sorted by class and path. */
export interface ImageList {
  /** The names of the classes, sorted; empty where there are no labels. */
  readonly classes: readonly string[];
  /** The images; the label is −1 where there are no classes. */
  readonly images: readonly { readonly path: string; readonly label: number }[];
}

/** How people call the parts of a dataset, in any case: Roboflow, Keras, torchvision, Kaggle. */
export const PARTS = {
  train: /^train(ing)?$/i,
  test: /^test(ing)?$/i,
  validation: /^val(id(ation)?)?$/i,
};

/**
 * The folder of each split by name: `train` is "" where it is the folder itself. Of a test and a
 * validation part, one evaluates: `test` where it is there.
 */
export function partsOf(folders: readonly string[], path: string): Record<string, string> {
  const refuse = (rule: string, got: string, next: string) =>
    new DataError({ act: `read the image folder ${path}`, rule, got, next });
  const of = (part: RegExp) => {
    const found = folders.filter((name) => part.test(name));
    if (found.length < 2) return found.at(0);
    throw refuse(
      "there must be only one folder for each split",
      found.join(" and "),
      "Rename or remove one.",
    );
  };
  const [train, test, validation] = [of(PARTS.train), of(PARTS.test), of(PARTS.validation)];
  const heldOut = test ?? validation;
  if (train !== undefined && heldOut !== undefined) {
    return { train, test: heldOut, ...(test && validation && { validation }) };
  }
  if (train !== undefined && folders.length === 1) {
    const next = `Add the one, or give ${path}/${train} as the path.`;
    throw refuse("train must have test or val beside it", "train alone", next);
  }
  if (test !== undefined && validation !== undefined && folders.length === 2) {
    const next = "Add a folder train, or give one of them as the path.";
    throw refuse("test and val must have train beside them", folders.join(" and "), next);
  }
  return { train: "" };
}

/**
 * The images of a part: one class for each sub-folder with images, to any depth; or, where none has
 * any, those directly in it, without labels.
 */
export function listImages(
  part: Folder,
  isImage: (file: string) => boolean,
  labels: Labels,
): ImageList {
  if (labels === "none") {
    const images = filesBelow(part).filter(isImage).map((path) => ({ path, label: -1 }));
    return { classes: [], images };
  }
  const files = part.files.map((name) => `${part.path}/${name}`).filter(isImage);
  const groups = [...part.folders.keys()].sort()
    .map((name) => ({ name, paths: filesBelow(part.folders.get(name)!).filter(isImage) }))
    .filter(({ paths }) => paths.length > 0);
  if (groups.length === 0) {
    return { classes: [], images: files.map((path) => ({ path, label: -1 })) };
  }
  if (files.length > 0) {
    throw new DataError({
      act: `read the image folder ${part.path}`,
      rule: "images must lie either in its sub-folders or beside them, not both",
      got: `${nameIn(files[0], part.path)} beside them`,
      next: "Put them in one sub-folder per class, or read all without labels: --labels=none.",
    });
  }
  return {
    classes: groups.map(({ name }) => name),
    images: groups.flatMap(({ paths }, label) => paths.map((path) => ({ path, label }))),
  };
}

/** A year, a month or a day, as cameras and people name folders: 2023, 2023-05, 20230514 Rome. */
const DATE = /^(19|20)\d\d([-_.]?(0[1-9]|1[0-2])([-_.]?(0[1-9]|[12]\d|3[01]))?([ _-].*)?)?$/;

/** The lists with the labels that are meant, all of them by the classes of `train`. */
export function labeled(
  lists: Record<string, ImageList>,
  parts: Record<string, Folder>,
  { path, labels }: { readonly path: string; readonly labels: Labels },
  notes: string[],
): Record<string, ImageList> {
  const { classes } = lists.train;
  const few = new Set(Object.values(lists).flatMap(({ classes }) => classes)).size < 2;
  const dates = classes.length > 0 && classes.every((name) => DATE.test(name));
  if (labels === "folder" && few) {
    throw new DataError({
      act: `take classes from the folder ${path}`,
      rule: "it must have sub-folders with images for at least two classes",
      got: classes.length === 0 ? "none" : `${classes[0]} alone`,
      next: "Leave out --labels to train without them.",
    });
  }
  if (labels === "auto" && classes.length > 0 && (few || dates)) {
    notes.push(
      few
        ? `All images are in one sub-folder, ${
          classes[0]
        }: one class is none, so they have no labels.`
        : `The sub-folders are dates (${classes[0]}, …), which are taken for no classes; ` +
          "--labels=folder makes them classes.",
    );
    return Object.fromEntries(
      Object.entries(lists).map(([name, { images }]) => [name, {
        classes: [],
        images: images.map(({ path }) => ({ path, label: -1 })),
      }]),
    );
  }
  const nested = classes.length > 0 && lists.train.images
    .find(({ path }) => path.slice(parts.train.path.length + 1).split("/").length > 2);
  if (nested && labels === "auto") {
    notes.push(
      `The folders directly in ${parts.train.path} are the classes; those within them, as that of ` +
        `${nameIn(nested.path, parts.train.path)}, are not told apart. --labels=none makes no ` +
        "classes.",
    );
  }
  return Object.fromEntries(
    Object.entries(lists).map((
      [name, list],
    ) => [
      name,
      name === "train" ? list : relabeled(list, parts[name].path, classes, parts.train),
    ]),
  );
}

/** A held-out part with the labels of the training images. */
function relabeled(
  list: ImageList,
  path: string,
  classes: readonly string[],
  train: Folder,
): ImageList {
  const refuse = (rule: string, got: string) =>
    new DataError({
      act: `read the image folder ${path}`,
      rule,
      got,
      next: `Give it the same sub-folders as ${train.path}, or read both without labels: ` +
        "--labels=none.",
    });
  if ((classes.length === 0) !== (list.classes.length === 0)) {
    const got = classes.length === 0 ? "classes in it alone" : "no classes in it";
    throw refuse("it must have classes just as the training images do", got);
  }
  const strange = list.classes.find((name) => !classes.includes(name));
  if (strange !== undefined) throw refuse("its classes must be among those of train", strange);
  const labels = list.classes.map((name) => classes.indexOf(name));
  const images = list.images.map(({ path, label }) => ({ path, label: labels[label] ?? -1 }));
  return { classes, images };
}

/**
 * Holds out a share of each class: the files whose names hash lowest, so that the same files are
 * chosen wherever the folder lies, and adding one moves few others.
 */
export function holdOut(list: ImageList, root: string, share: number): Record<string, ImageList> {
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

/** A path as it is called within a folder. */
export function nameIn(path: string, root: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}
