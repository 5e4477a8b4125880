/**
 * The default dataset: 7,500 training and 2,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf
 * 2017, arXiv:1708.07747), as many of each class, part of this package so that nothing is fetched.
 *
 * `fashion-mini/make.ts` says how they were chosen; `fashion-mini/LICENSE` is their license.
 *
 * @module
 */
import { z } from "zod";
import { FASHION_CLASSES } from "../../lib/data/fashion.ts";
import { defineDataset } from "../../lib/plugin.ts";

/** Fashion-MNIST, a balanced part of it, from this package. */
export default defineDataset({
  name: "fashion-mini",
  summary: "7,500 + 2,000 images of Fashion-MNIST in 10 balanced classes, 28×28 gray; built in",
  options: z.strictObject({}),
  create: async () => {
    const { readIdxSplit } = await import("../../lib/data/fashion.ts");
    const read = (prefix: string) =>
      readIdxSplit(
        new URL(`./fashion-mini/${prefix}-images-idx3-ubyte.gz`, import.meta.url),
        new URL(`./fashion-mini/${prefix}-labels-idx1-ubyte.gz`, import.meta.url),
        FASHION_CLASSES.length,
      );
    const [train, test] = await Promise.all([read("train"), read("t10k")]);
    return {
      classes: FASHION_CLASSES,
      shape: [28, 28, 1],
      mean: [0.2875],
      std: [0.3537],
      splits: { train, test },
    };
  },
});
