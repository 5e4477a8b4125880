/**
 * A folder of images of one's own.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { UsageError } from "../../lib/errors.ts";
import { defineDataset } from "../../lib/plugin.ts";

/**
 * Images from a folder: classes from its sub-folders, or a flat folder without labels. Where it has
 * `train/` and `test/` (or `val/`), these are the splits. Normalised by ImageNet's mean and
 * standard deviation.
 */
export default defineDataset({
  name: "folder",
  summary: "Your own images: classes from sub-folders, or a flat folder without labels",
  options: z.strictObject({
    path: z.string().default("").describe("the folder of images (required)")
      .meta({ ...facts("input", { resume: "free" }), path: true, format: "directory-path" }),
    imageSize: z.int().min(1).max(4096).default(96)
      .describe("height and width to resize and centre-crop every image to, in pixels").meta(
        facts("input"),
      ),
    testShare: z.number().min(0).lt(1).default(0.1)
      .describe("share of each class held out for tests, without test/ beside train/").meta(
        facts("input"),
      ),
  }),
  create: async ({ path, imageSize, testShare }) => {
    if (path === "") {
      throw new UsageError({
        act: "open the dataset folder",
        rule: "path must name a folder of images",
        got: path,
        next: "Give it as --path=DIR, with one sub-folder per class or all images directly in it.",
      });
    }
    const { openImageFolder } = await import("../../lib/data/image_folder.ts");
    const trimmed = path.replace(/(.)\/+$/, "$1");
    return {
      ...await openImageFolder({ path: trimmed, imageSize, testShare }),
      shape: [imageSize, imageSize, 3],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    };
  },
});
