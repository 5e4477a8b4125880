/**
 * STL-10 (Coates, Ng, Lee, "An analysis of single-layer networks in unsupervised feature learning",
 * AISTATS 2011): 5,000 training and 8,000 test images of 10 classes, and 100,000 images without
 * labels. Its training images with the unlabeled ones are what the debiased paper trains on.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { type DatasetSource, fetchSource, sourceOptions } from "../../lib/data/source.ts";
import { defineDataset } from "../../lib/plugin.ts";

const FOLDER = "stl10_binary";
const IMAGE = 96 * 96 * 3;

const CLASSES = "airplane bird car cat deer dog horse monkey ship truck".split(" ");

const SOURCE: DatasetSource = {
  folder: "stl10",
  homepage: "https://cs.stanford.edu/~acoates/stl10/",
  license: "none stated; images taken from ImageNet; please cite Coates, Ng and Lee 2011",
  files: [{
    name: "stl10_binary.tar.gz",
    url: "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    bytes: 2_640_397_119,
    checksum: "sha256:f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
    members: [
      {
        name: `${FOLDER}/train_X.bin`,
        bytes: 5_000 * IMAGE,
        checksum: "md5:918c2871b30a85fa023e0c44e0bee87f",
      },
      {
        name: `${FOLDER}/train_y.bin`,
        bytes: 5_000,
        checksum: "md5:5a34089d4802c674881badbb80307741",
      },
      {
        name: `${FOLDER}/test_X.bin`,
        bytes: 8_000 * IMAGE,
        checksum: "md5:7f263ba9f9e0b06b93213547f721ac82",
      },
      {
        name: `${FOLDER}/test_y.bin`,
        bytes: 8_000,
        checksum: "md5:36f9794fa4beb8a2c72628de14fa638e",
      },
      {
        name: `${FOLDER}/unlabeled_X.bin`,
        bytes: 100_000 * IMAGE,
        checksum: "md5:5242ba1fed5e4be9e1e742405eb56ca4",
      },
    ],
  }],
};

/** STL-10, downloaded on first use; the images stay on the disk. */
export default defineDataset({
  name: "stl10",
  summary: "105,000 + 8,000 images in 10 classes, 5,000 labeled, 96×96 color; 2.6 GB to download",
  options: z.strictObject(sourceOptions),
  source: SOURCE,
  create: async (options, env) => {
    const { openStl10 } = await import("../../lib/data/stl10.ts");
    const folder = join(await fetchSource(SOURCE, env, options), FOLDER);
    return {
      classes: CLASSES,
      shape: [96, 96, 3],
      // CIFAR-10's, as in the authors' code, so that its results can be repeated.
      mean: [0.4914, 0.4822, 0.4465],
      std: [0.2023, 0.1994, 0.2010],
      pretrain: "train+unlabeled",
      ...openStl10(folder, CLASSES.length),
    };
  },
});
