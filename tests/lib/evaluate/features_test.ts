import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { PluginError, UsageError } from "../../../lib/errors.ts";
import {
  extractFeatures,
  type FeatureOptions,
  featureRows,
  pixelFeatures,
} from "../../../lib/evaluate/features.ts";
import type { Encoder, FeatureSplit } from "../../../lib/plugin.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import type { Device } from "../../../lib/device/device.ts";
import { testOnDevices } from "../../support/devices.ts";
import { denseEncoder, imageDataset, imageSplit } from "./parts.ts";

const views = viewOptions.parse({ cropSize: 4 });
const valuesOf = async (split: FeatureSplit) => {
  const values = [...await split.features.data()];
  split.features.dispose();
  return values;
};
const setUp = (device: Device, encoder: Encoder = denseEncoder(device)): FeatureOptions => ({
  device,
  encoder,
  dataset: imageDataset(),
  split: "train",
  batchSize: 8,
});

testOnDevices("features are what the model predicts, whatever the batch size", async (device) => {
  const { tf } = device;
  const options = setUp(device);
  const { dataset, encoder } = options;
  const pixels = await dataset.splits.train.read([...Array(21).keys()]);
  const expected = tf.tidy(() => {
    const images = tf.tensor4d(Float32Array.from(pixels), [21, 4, 4, 1]);
    const output = encoder.model.predict(images.div(255).sub(0.3).div(0.2));
    return Array.isArray(output) ? output[0] : output;
  });
  const before = tf.memory().numTensors;
  const split = await extractFeatures(options);
  assertEquals(tf.memory().numTensors, before + 1);
  assertEquals(split.features.shape, [21, 5]);
  assertEquals([...split.labels], Array.from({ length: 21 }, (_, i) => i % 3));
  const values = await valuesOf(split);
  (await expected.data()).forEach((value, i) => assert(Math.abs(value - values[i]) < 1e-5));
  assert(values.some((value) => value > 0.2));
  assertEquals(await valuesOf(await extractFeatures({ ...options, batchSize: 8 })), values);
  const whole = await valuesOf(await extractFeatures({ ...options, batchSize: 100 }));
  whole.forEach((value, i) => assert(Math.abs(value - values[i]) < 1e-5));
  expected.dispose();
  encoder.model.dispose();
});

testOnDevices("examples without a label are left out, their rows with them", async (device) => {
  const options = setUp(device);
  const dataset = imageDataset({ train: imageSplit(10, 1, 4) });
  const split = await extractFeatures({ ...options, dataset });
  assertEquals([...split.labels], [0, 2, 0, 1, 0, 1, 2]);
  const rows = await featureRows({ ...options, dataset }, Int32Array.of(0, 2, 3, 4, 6, 7, 8));
  assertEquals(await valuesOf(split), [...rows]);
  options.encoder.model.dispose();
});

testOnDevices(
  "augmented features are new in every epoch and the same on every run",
  async (device) => {
    const { tf } = device;
    const options = setUp(device);
    const split = await extractFeatures({ ...options, augmentation: { seed: 3, views } });
    const again = await extractFeatures({ ...options, augmentation: { seed: 3, views } });
    const augmented = async ({ augmented }: FeatureSplit, epoch: number) => {
      const features = await augmented!(epoch);
      assertEquals(features.shape, [21, 5]);
      const values = [...await features.data()];
      features.dispose();
      return values;
    };
    const before = tf.memory().numTensors;
    const first = await augmented(split, 1);
    assertEquals(tf.memory().numTensors, before);
    assertEquals(await augmented(again, 1), first);
    assertNotEquals(await augmented(split, 2), first);
    assertNotEquals([...await split.features.data()], first);
    tf.dispose([split.features, again.features]);
    options.encoder.model.dispose();
  },
);

testOnDevices(
  "a dataset with its own views augments by them, the split it pretrains on only",
  async (device) => {
    const options = setUp(device);
    const asked: [number, number][] = [];
    const dataset = {
      ...imageDataset(),
      views: (indices: ArrayLike<number>, random: (row: number) => { uniform(): number }) => {
        const view = new Float32Array(indices.length * 16);
        Array.from(indices).forEach((index, row) => {
          const shift = random(row).uniform();
          asked.push([index, shift]);
          view.fill(shift, row * 16, (row + 1) * 16);
        });
        return [view, view];
      },
    };
    const augmentation = { seed: 3, views };
    const train = await extractFeatures({ ...options, dataset, augmentation });
    const test = await extractFeatures({ ...options, dataset, augmentation, split: "test" });
    assertEquals([typeof train.augmented, typeof test.augmented], ["function", "undefined"]);
    (await train.augmented!(1)).dispose();
    assertEquals(asked.map(([index]) => index), [...Array(21).keys()]);
    assertEquals(new Set(asked.map(([, shift]) => shift)).size, 21);
    device.tf.dispose([train.features, test.features]);
    options.encoder.model.dispose();
  },
);

testOnDevices(
  "an encoder of one size refuses another with both shapes in one line",
  async (device) => {
    const { tf } = device;
    const options = setUp(device);
    const dataset = { ...imageDataset(), shape: [8, 2, 1] };
    const error = await assertRejects(() => extractFeatures({ ...options, dataset }), UsageError);
    assertStringIncludes(
      error.message,
      'the encoder takes examples of shape [4, 4, 1], got "[8, 2, 1]". Choose an encoder',
    );
    options.encoder.model.dispose();

    const model = tf.sequential({
      layers: [tf.layers.globalAveragePooling2d({ inputShape: [null, null, 1] })],
    });
    const wide = await extractFeatures({
      ...options,
      dataset,
      encoder: { model, dim: 1, anySize: true },
    });
    assertEquals(wide.features.shape, [21, 1]);
    wide.features.dispose();
  },
);

testOnDevices(
  "an encoder whose dim is not that of its features is a PluginError",
  async (device) => {
    const { model } = denseEncoder(device);
    const options = setUp(device, { model, dim: 6, anySize: false });
    const before = device.tf.memory().numTensors;
    await assertRejects(
      () => extractFeatures(options),
      PluginError,
      'its features must be a tensor of shape [8,6], got "[8,5]"',
    );
    assertEquals(device.tf.memory().numTensors, before);
    model.dispose();
  },
);

testOnDevices("a split that is missing or has no labels is a UsageError", async (device) => {
  const options = setUp(device);
  await assertRejects(
    () => extractFeatures({ ...options, split: "validation" }),
    UsageError,
    'the split must be one of train, test, got "validation". Choose one of them.',
  );
  const { labels: _, ...unlabeled } = imageSplit(6, 1);
  const dataset = imageDataset({ train: unlabeled });
  await assertRejects(
    () => extractFeatures({ ...options, dataset }),
    UsageError,
    "Cannot evaluate on the split train: a probe needs labeled examples, got",
  );
  options.encoder.model.dispose();
});

testOnDevices("pixel features are the normalized pixels", async (device) => {
  const { encoder, ...options } = setUp(device);
  const dataset = imageDataset({ train: imageSplit(10, 1, 4) });
  const split = await pixelFeatures({ ...options, dataset });
  assertEquals(split.features.shape, [7, 16]);
  const pixels = await dataset.splits.train.read([0, 2, 3, 4, 6, 7, 8]);
  const values = await valuesOf(split);
  pixels.forEach((pixel, i) => assert(Math.abs((pixel / 255 - 0.3) / 0.2 - values[i]) < 1e-5));
  encoder.model.dispose();
});
