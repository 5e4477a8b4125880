/**
 * CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): 50,000
 * training and 10,000 test images of 100 classes, which are 20 superclasses of 5.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { facts } from "../../lib/facts.ts";
import { type DatasetSource, fetchSource, sourceOptions } from "../../lib/data/source.ts";
import { defineDataset } from "../../lib/plugin.ts";

const FOLDER = "cifar-100-binary";
const RECORD = 2 + 32 * 32 * 3;

const FINE = (
  "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus " +
  "butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch " +
  "crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo " +
  "keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse " +
  "mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy " +
  "porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper " +
  "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television " +
  "tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
).split(" ");

const COARSE = (
  "aquatic_mammals fish flowers food_containers fruit_and_vegetables " +
  "household_electrical_devices household_furniture insects large_carnivores " +
  "large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores " +
  "medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2"
).split(" ");

const SOURCE: DatasetSource = {
  folder: "cifar100",
  homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
  license: "none stated; please cite Krizhevsky 2009",
  files: [{
    name: "cifar-100-binary.tar.gz",
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    checksum: "sha256:58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    members: [
      {
        name: `${FOLDER}/train.bin`,
        bytes: 50_000 * RECORD,
        checksum: "md5:6172c7755cfe09b2fe270c85cebc1b15",
      },
      {
        name: `${FOLDER}/test.bin`,
        bytes: 10_000 * RECORD,
        checksum: "md5:4499cfba6c016c1be1438163640a0898",
      },
    ],
  }],
};

/** CIFAR-100 with its 100 classes or 20 superclasses, downloaded on first use. */
export default defineDataset({
  name: "cifar100",
  summary: "50,000 + 10,000 images in 100 classes, 32×32 color; 169 MB to download",
  options: z.strictObject({
    ...sourceOptions,
    labels: z.enum(["fine", "coarse"]).default("fine")
      .describe("the 100 classes, or the 20 superclasses").meta(facts("input")),
  }),
  source: SOURCE,
  create: async (options, env) => {
    const { readCifarSplit } = await import("../../lib/data/cifar.ts");
    const folder = join(await fetchSource(SOURCE, env, options), FOLDER);
    const fine = options.labels === "fine";
    const classes = fine ? FINE : COARSE;
    const labels = { labelBytes: 2, labelAt: fine ? 1 : 0, classes: classes.length };
    return {
      classes,
      shape: [32, 32, 3],
      mean: [0.5071, 0.4865, 0.4409],
      std: [0.2673, 0.2564, 0.2762],
      splits: {
        train: readCifarSplit(folder, ["train.bin"], labels),
        test: readCifarSplit(folder, ["test.bin"], labels),
      },
    };
  },
});
