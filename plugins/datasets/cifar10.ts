/**
 * CIFAR-10 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): 50,000
 * training and 10,000 test images of 10 classes.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { type DatasetSource, fetchSource, sourceOptions } from "../../lib/data/source.ts";
import { defineDataset } from "../../lib/plugin.ts";

const FOLDER = "cifar-10-batches-bin";
const BYTES = 10_000 * (1 + 32 * 32 * 3);

const CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split(" ");

const SOURCE: DatasetSource = {
  folder: "cifar10",
  homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
  license: "none stated; please cite Krizhevsky 2009",
  files: [{
    name: "cifar-10-binary.tar.gz",
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    checksum: "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    members: [
      {
        name: `${FOLDER}/data_batch_1.bin`,
        bytes: BYTES,
        checksum: "sha256:cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
      },
      {
        name: `${FOLDER}/data_batch_2.bin`,
        bytes: BYTES,
        checksum: "sha256:a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
      },
      {
        name: `${FOLDER}/data_batch_3.bin`,
        bytes: BYTES,
        checksum: "sha256:bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
      },
      {
        name: `${FOLDER}/data_batch_4.bin`,
        bytes: BYTES,
        checksum: "sha256:014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
      },
      {
        name: `${FOLDER}/data_batch_5.bin`,
        bytes: BYTES,
        checksum: "sha256:755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
      },
      {
        name: `${FOLDER}/test_batch.bin`,
        bytes: BYTES,
        checksum: "sha256:8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
      },
    ],
  }],
};

/** CIFAR-10, downloaded on first use. */
export default defineDataset({
  name: "cifar10",
  summary: "50,000 + 10,000 images in 10 classes, 32×32 color; 170 MB to download",
  options: z.strictObject(sourceOptions),
  source: SOURCE,
  create: async (options, env) => {
    const { readCifarSplit } = await import("../../lib/data/cifar.ts");
    const folder = join(await fetchSource(SOURCE, env, options), FOLDER);
    const labels = { labelBytes: 1, labelAt: 0, classes: CLASSES.length };
    const batches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
    return {
      classes: CLASSES,
      shape: [32, 32, 3],
      mean: [0.4914, 0.4822, 0.4465],
      std: [0.2023, 0.1994, 0.2010],
      splits: {
        train: readCifarSplit(folder, batches, labels),
        test: readCifarSplit(folder, ["test_batch.bin"], labels),
      },
    };
  },
});
