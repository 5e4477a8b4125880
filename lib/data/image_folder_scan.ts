/**
 * Finding the images of a folder: which files, and by its sub-folders which classes.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/** What is read, as sharp can; all other files are passed over, as torchvision's ImageFolder does. */
const IMAGE_EXTENSIONS = [
  ".jpg",
  ".jpeg",
  ".png",
  ".webp",
  ".gif",
  ".tif",
  ".tiff",
  ".avif",
];
/** Images too, but beyond sharp: refused, so that none is lost in silence. */
const FOREIGN_EXTENSIONS = [".bmp", ".ppm", ".pgm", ".jp2", ".heic"];

/** The images of a folder. */
export interface ImageList {
  /** The names of the classes, sorted; empty where the folder has no sub-folders with images. */
  readonly classes: string[];
  /** The images, sorted by class and path. */
  readonly images: { readonly path: string; readonly label: number }[];
}

/**
 * Lists the images of `folder`: one class per sub-folder, each searched to any depth; or, where
 * no sub-folder has an image, those directly in it, with the label −1. Names are in the order of
 * their UTF-16 code units. Hidden entries are passed over; links are followed, but not in circles.
 *
 * Throws DataError where the folder is missing, has no image, has a class without one, or has
 * images both beside and inside its sub-folders.
 */
export async function scanImageFolder(folder: string): Promise<ImageList> {
  const { files, folders } = await listFolder(folder);
  const circle = [await Deno.realPath(folder)];
  const found = await Promise.all(folders.map((name) => walk(`${folder}/${name}`, circle)));
  const refuse = (rule: string, got: unknown, next: string) =>
    new DataError({ act: `read the image folder ${folder}`, rule, got, next });
  const asClasses = `Put images (${IMAGE_EXTENSIONS.join(" ")}) in one sub-folder per class, ` +
    "or all directly in the folder.";

  const inside = found.reduce((sum, paths) => sum + paths.length, 0);
  if (inside === 0) {
    if (files.length === 0) throw refuse("it must hold images", "none", asClasses);
    const images = files.map((name) => ({ path: `${folder}/${name}`, label: -1 }));
    return { classes: [], images };
  }
  if (files.length > 0) {
    const rule = "images must lie either in its sub-folders or beside them, not both";
    throw refuse(rule, `${files[0]} beside them`, asClasses);
  }
  const empty = found.findIndex((paths) => paths.length === 0);
  if (empty >= 0) {
    const next = "Add images of that class, or remove its sub-folder.";
    throw refuse("every class must have images", `none in ${folders[empty]}`, next);
  }
  const images = found.flatMap((paths, label) => paths.map((path) => ({ path, label })));
  return { classes: folders, images };
}

/** All images below `folder`; `circle` holds the real paths of the folders on the way to it. */
async function walk(folder: string, circle: string[]): Promise<string[]> {
  const real = await Deno.realPath(folder);
  if (circle.includes(real)) return [];
  const { files, folders } = await listFolder(folder);
  const paths = files.map((name) => `${folder}/${name}`);
  for (const name of folders) paths.push(...await walk(`${folder}/${name}`, [...circle, real]));
  return paths;
}

/** The names of the images and of the sub-folders directly in `folder`, each sorted. */
export async function listFolder(
  folder: string,
): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = [];
  const folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(".")) continue;
      const path = `${folder}/${entry.name}`;
      // A link that leads nowhere counts by its name, and fails by name when it is read.
      const info = entry.isSymlink ? await Deno.stat(path).catch(() => entry) : entry;
      if (info.isDirectory) folders.push(entry.name);
      else if (isImage(path)) files.push(entry.name);
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({
      act: `read the image folder ${folder}`,
      rule: "it must be a folder that can be listed",
      got: cause,
      next: "Check the path and its permissions.",
      cause,
    });
  }
  return { files: files.sort(), folders: folders.sort() };
}

function isImage(path: string): boolean {
  const name = path.toLowerCase();
  if (FOREIGN_EXTENSIONS.some((extension) => name.endsWith(extension))) {
    throw new DataError({
      act: `read ${path}`,
      rule: `images must be of the kinds ${IMAGE_EXTENSIONS.join(" ")}`,
      next: "Convert the image to PNG, or remove it from the folder.",
    });
  }
  return IMAGE_EXTENSIONS.some((extension) => name.endsWith(extension));
}
