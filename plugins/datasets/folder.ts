/**
 * A folder of images of one's own.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { UsageError } from "../../lib/errors.ts";
import { defineDataset } from "../../lib/plugin.ts";

const options = z.strictObject({
  path: z.string().default("").describe("the folder of images (required)")
    .meta({ ...facts("input", { resume: "free" }), path: true, format: "directory-path" }),
  imageSize: z.int().min(1).max(4096).default(96)
    .describe("height and width to resize and center-crop every image to, in pixels")
    .meta(facts("input")),
  testShare: z.number().min(0).lt(1).default(0.1)
    .describe("share of each class held out for tests, without test/ beside train/")
    .meta(facts("input")),
  labels: z.enum(["auto", "folder", "none"]).default("auto").describe(
    "folder: sub-folders are classes; none: no labels; auto: as folder, but for dates or one alone",
  ).meta(facts("input")),
  onError: z.enum(["fail", "skip"]).default("fail").describe(
    "images that cannot be read: fail, naming them, before any is used; skip: read all first, and " +
      "leave them out",
  ).meta(facts("input")),
  maxValue: z.number().min(0).default(0).describe(
    "value that is white in images of more than 8 bits; 0: 65535 of 16 bits, 1 of floats",
  ).meta(facts("input")),
});

/**
 * Images from a folder: classes from its sub-folders, or a flat folder without labels. Where it has
 * `train/` and `test/` (or `valid/`), these are the splits. Normalized by ImageNet's mean and
 * standard deviation.
 */
export default defineDataset({
  name: "folder",
  summary: "Your own images: classes from sub-folders, or a flat folder without labels",
  options,
  create: async (given, { progress, signal }) => {
    const { openImageFolder } = await import("../../lib/data/image_folder.ts");
    const { imageSize } = given;
    return {
      ...await openImageFolder({ ...given, path: folderOf(given) }, { progress, signal }),
      shape: [imageSize, imageSize, 3],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    };
  },
  verify: async (given, { progress, signal }) => {
    const { verifyImageFolder } = await import("../../lib/data/image_folder.ts");
    return await verifyImageFolder({ ...given, path: folderOf(given) }, { progress, signal });
  },
});

function folderOf({ path }: z.output<typeof options>): string {
  if (path !== "") return path.replace(/(.)\/+$/, "$1");
  throw new UsageError({
    act: "open the dataset folder",
    rule: "path must name a folder of images",
    got: path,
    next: "Give it as --path=DIR, with one sub-folder per class or all images directly in it.",
  });
}
