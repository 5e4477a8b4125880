/**
 * Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747): 60,000 training and 10,000 test
 * images of 10 classes of articles of clothing.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { FASHION_CLASSES } from "../../lib/data/fashion.ts";
import { type DatasetSource, fetchSource, sourceOptions } from "../../lib/data/source.ts";
import { defineDataset } from "../../lib/plugin.ts";

const PUBLISHER = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";

const SOURCE: DatasetSource = {
  folder: "fashion-mnist",
  homepage: "https://github.com/zalandoresearch/fashion-mnist",
  license: "MIT, © 2017 Zalando SE",
  // Debian's package dataset-fashion-mnist.
  installed: ["/usr/share/datasets/fashion-mnist"],
  files: [
    {
      name: "train-images-idx3-ubyte.gz",
      url: `${PUBLISHER}/train-images-idx3-ubyte.gz`,
      bytes: 26_421_880,
      checksum: "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    },
    {
      name: "train-labels-idx1-ubyte.gz",
      url: `${PUBLISHER}/train-labels-idx1-ubyte.gz`,
      bytes: 29_515,
      checksum: "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    },
    {
      name: "t10k-images-idx3-ubyte.gz",
      url: `${PUBLISHER}/t10k-images-idx3-ubyte.gz`,
      bytes: 4_422_102,
      checksum: "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    },
    {
      name: "t10k-labels-idx1-ubyte.gz",
      url: `${PUBLISHER}/t10k-labels-idx1-ubyte.gz`,
      bytes: 5_148,
      checksum: "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
  ],
};

/** Fashion-MNIST, whole, downloaded on first use. */
export default defineDataset({
  name: "fashion-mnist",
  summary: "60,000 + 10,000 images in 10 classes, 28×28 gray; 31 MB to download",
  options: z.strictObject(sourceOptions),
  source: SOURCE,
  create: async (options, env) => {
    const { readIdxSplit } = await import("../../lib/data/fashion.ts");
    const folder = await fetchSource(SOURCE, env, options);
    const read = (prefix: string) =>
      readIdxSplit(
        join(folder, `${prefix}-images-idx3-ubyte.gz`),
        join(folder, `${prefix}-labels-idx1-ubyte.gz`),
        FASHION_CLASSES.length,
      );
    const [train, test] = await Promise.all([read("train"), read("t10k")]);
    return {
      classes: FASHION_CLASSES,
      shape: train.shape,
      mean: [0.2860],
      std: [0.3530],
      splits: { train, test },
    };
  },
});
