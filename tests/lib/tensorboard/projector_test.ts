import { assertEquals, assertStringIncludes } from "@std/assert";
import sharp from "sharp";
import type { Device } from "../../../lib/device/device.ts";
import type { Dataset, Split } from "../../../lib/plugin.ts";
import { featureRows } from "../../../lib/evaluate/features.ts";
import { writeProjector } from "../../../lib/tensorboard/projector.ts";
import { testOnDevices } from "../../support/devices.ts";
import { denseEncoder, imageDataset, imageSplit } from "../evaluate/parts.ts";

const rowsOf = (text: string) => text.trimEnd().split("\n").map((line) => line.split("\t"));

/** What is written of the split `test` of a dataset, by file. */
async function written(device: Device, dataset: Dataset, most?: number) {
  const folder = await Deno.makeTempDir();
  const encoder = denseEncoder(device);
  const options = { device, encoder, dataset, split: "test", batchSize: 4 };
  const count = await writeProjector(`${folder}/tensorboard`, options, most);
  const files: Record<string, Uint8Array> = {};
  for (const { name } of Deno.readDirSync(`${folder}/tensorboard`)) {
    files[name] = await Deno.readFile(`${folder}/tensorboard/${name}`);
  }
  const indices = Int32Array.from({ length: dataset.splits.test.length }, (_, i) => i);
  const features = await featureRows(options, indices);
  encoder.model.dispose();
  await Deno.remove(folder, { recursive: true });
  const text = (name: string) => new TextDecoder().decode(files[name]);
  return { count, files, text, features };
}

testOnDevices(
  "the projector has every example's features, class, place and picture",
  async (device) => {
    const test = imageSplit(10, 2, 4);
    const dataset = { ...imageDataset({ test }), classes: ["dark", "a\tb", "light"] };
    const { count, files, text, features } = await written(device, dataset);
    assertEquals(count, 10);
    assertEquals(
      rowsOf(text("tensors.tsv")).flat().map(Number),
      Array.from(features, (x) => Number(x.toPrecision(6))),
    );
    assertEquals(rowsOf(text("metadata.tsv")), [
      ["class", "index"],
      ...["dark", "unlabeled", "light", "dark", "a b", "unlabeled", "dark", "a b", "light"]
        .concat("unlabeled").map((name, i) => [name, String(i)]),
    ]);
    // Ten pictures in four columns and four rows.
    const { data, info } = await sharp(files["sprite.png"]).toColourspace("b-w").raw()
      .toBuffer({ resolveWithObject: true });
    assertEquals([info.width, info.height, info.channels], [16, 16, 1]);
    const picture = (i: number) =>
      Array.from({ length: 16 }, (_, at) => {
        const [y, x] = [4 * Math.floor(i / 4) + Math.floor(at / 4), 4 * (i % 4) + at % 4];
        return data[16 * y + x];
      });
    for (const i of [0, 3, 6, 9]) assertEquals(picture(i), [...await test.read([i])]);
    assertEquals(picture(10), Array(16).fill(0));
    assertEquals(
      text("projector_config.pbtxt"),
      `embeddings {
  tensor_name: "features of test"
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
  sprite {
    image_path: "sprite.png"
    single_image_dim: 4
    single_image_dim: 4
  }
}
`,
    );
  },
);

testOnDevices(
  "without labels, and of what is no image, the projector has the features alone",
  async (device) => {
    const { labels: _, ...images } = imageSplit(5, 1);
    const floats: Split = {
      ...images,
      read: async (indices) => Float32Array.from(await images.read(indices)),
    };
    const { count, files, text } = await written(device, imageDataset({ test: floats }));
    assertEquals(count, 5);
    assertEquals(Object.keys(files).sort(), ["projector_config.pbtxt", "tensors.tsv"]);
    assertEquals(rowsOf(text("projector_config.pbtxt")).length, 4);
  },
);

testOnDevices(
  "of a large split, the projector shows examples at even distances",
  async (device) => {
    const { count, text } = await written(device, imageDataset({ test: imageSplit(10, 1) }), 4);
    assertEquals(count, 4);
    assertEquals(rowsOf(text("metadata.tsv")).slice(1).map(([, index]) => index), [
      "0",
      "2",
      "5",
      "7",
    ]);
    assertEquals(rowsOf(text("tensors.tsv")).length, 4);
  },
);

testOnDevices("large images are made small, of whatever shape", async (device) => {
  const read = (indices: ArrayLike<number>) =>
    new Uint8Array(indices.length * 100 * 50 * 3).fill(200);
  const model = device.tf.sequential({
    layers: [device.tf.layers.globalAveragePooling2d({
      inputShape: [100, 50, 3],
      dataFormat: "channelsLast",
    })],
  });
  const folder = await Deno.makeTempDir();
  await writeProjector(folder, {
    device,
    encoder: { model, dim: 3, anySize: false },
    dataset: {
      classes: [],
      shape: [100, 50, 3],
      mean: [0, 0, 0],
      std: [1, 1, 1],
      splits: { test: { length: 3, read } },
    },
    split: "test",
    batchSize: 2,
  });
  const config = await Deno.readTextFile(`${folder}/projector_config.pbtxt`);
  assertStringIncludes(config, "single_image_dim: 24\n    single_image_dim: 48\n");
  const { data, info } = await sharp(`${folder}/sprite.png`).raw().toBuffer({
    resolveWithObject: true,
  });
  assertEquals([info.width, info.height, info.channels], [48, 96, 3]);
  // Three pictures of four places.
  assertEquals(data.filter((value) => value === 200).length, 3 * 24 * 48 * 3);
  model.dispose();
  await Deno.remove(folder, { recursive: true });
});
