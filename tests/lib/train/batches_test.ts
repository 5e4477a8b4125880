import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { memorySplit } from "../../../lib/data/memory_split.ts";
import { PluginError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import { type Batch, makeBatches } from "../../../lib/train/batches.ts";
import { augment } from "../../../lib/views/augment.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import { testOnDevices } from "../../support/devices.ts";
import { tinyDataset } from "../../support/tiny_parts.ts";
import { assertClose } from "../views/oracle.ts";

const views = viewOptions.parse({ cropSize: 4 });
const settings = { views, viewCount: 2, seed: 1, batchSize: 6 };

/** The values of some rows of the views. */
async function values(batch: Batch, begin = 0, end = batch.indices.length) {
  const views = batch.views(begin, end);
  for (const view of views) assertEquals(view.shape, [end - begin, ...batch.shape]);
  const read = await Promise.all(views.map((view) => view.data<"float32">()));
  tf.dispose(views);
  return read;
}

Deno.test("an epoch has every example at most once, in another order than the next", () => {
  const batches = makeBatches({ ...settings, dataset: tinyDataset(20) });
  assertEquals(batches.stepsPerEpoch, 3);
  const epoch = (e: number) => [0, 1, 2].flatMap((step) => [...batches.indices(e, step)]);
  assertEquals(new Set(epoch(0)).size, 18);
  assert(epoch(0).every((index) => index < 20));
  assertNotEquals(epoch(0), epoch(1));
  const other = makeBatches({ ...settings, seed: 2, dataset: tinyDataset(20) });
  assertNotEquals([...batches.indices(0, 0)], [...other.indices(0, 0)]);
});

testOnDevices(
  "the views of a step are those of its examples, whatever was read before",
  async (device) => {
    const dataset = tinyDataset(20);
    const batches = makeBatches({ ...settings, viewCount: 3, dataset });
    await batches.read(0, 2);
    const batch = await batches.read(1, 0);
    const { indices, shape, labels } = batch;
    assertEquals(shape, [4, 4, 1]);
    assertEquals(labels, Int32Array.from(indices, (index) => index % 4));
    const made = await values(batch);
    assertEquals(await values(batch), made, "again");
    const piece = await values(batch, 2, 5);
    piece.forEach((rows, view) => assertEquals(rows, made[view].slice(2 * 16, 5 * 16)));
    batches.close();
    const examples = await dataset.splits.train.read(indices);
    const expected = [0, 1, 2].map((view) =>
      augment(examples, dataset.shape, indices, { seed: 1, epoch: 1, view }, views, [0.4], [0.2])
    );
    if (device.name === "wasm") assertEquals(made, expected);
    else expected.forEach((view, v) => assertClose(made[v], view, 1e-5));
  },
);

testOnDevices("bytes that are in memory give the same views, and stay until closed", async () => {
  const dataset = tinyDataset(20);
  const { train } = dataset.splits;
  const bytes = await train.read(Array.from({ length: 20 }, (_, i) => i));
  assert(bytes instanceof Uint8Array && train.labels);
  const kept: Dataset = { ...dataset, splits: { train: memorySplit(bytes, train.labels) } };
  const tensors = tf.memory().numTensors;
  const [a, b] = [dataset, kept].map((dataset) => makeBatches({ ...settings, dataset }));
  for (const step of [0, 2]) {
    const [read, inMemory] = [await a.read(3, step), await b.read(3, step)];
    assertEquals(await values(inMemory), await values(read));
    assertEquals(await values(inMemory, 1, 4), await values(read, 1, 4));
  }
  a.close();
  b.close();
  assertEquals(tf.memory().numTensors, tensors, "tensors kept");
});

testOnDevices("examples that are floats are cropped on every device", async () => {
  const dataset = tinyDataset(20);
  const { train } = dataset.splits;
  const read = async (indices: ArrayLike<number>) =>
    Float32Array.from(await train.read(indices), (value) => value / 100);
  const batches = makeBatches({
    ...settings,
    dataset: { ...dataset, splits: { train: { ...train, read } } },
  });
  const batch = await batches.read(0, 0);
  const { indices } = batch;
  const made = await values(batch);
  batches.close();
  const examples = await read(indices);
  made.forEach((values, view) => {
    const key = { seed: 1, epoch: 0, view };
    assertEquals(values, augment(examples, [8, 8, 1], indices, key, views, [0.4], [0.2]));
  });
});

testOnDevices(
  "a dataset's own views are used, normalized, each row from the stream of its example",
  async () => {
    const dataset: Dataset = {
      ...tinyDataset(20),
      shape: [2],
      mean: [1],
      std: [2],
      views: (indices, random) =>
        [0, 1].map(() =>
          Float32Array.from({ length: 2 * indices.length }, (_, i) => random(i >> 1).uniform())
        ),
    };
    const a = makeBatches({ ...settings, dataset });
    const b = makeBatches({ ...settings, batchSize: 20, dataset });
    const [one, all] = [await a.read(0, 1), await b.read(0, 0)];
    assertEquals(one.shape, [2]);
    const [[first], [whole], [later]] = [
      await values(one),
      await values(all),
      await values(await a.read(1, 1)),
    ];
    one.indices.forEach((index, row) =>
      assertEquals(first[2 * row], whole[2 * all.indices.indexOf(index)])
    );
    assert(first.every((value) => value >= -0.5 && value < 0));
    assertNotEquals(first, later);
  },
);

Deno.test("own views of a wrong number or length are a PluginError", async () => {
  for (const lengths of [[12], [12, 11], []]) {
    const dataset: Dataset = {
      ...tinyDataset(20),
      shape: [2],
      views: () => lengths.map((length) => new Float32Array(length)),
    };
    await assertRejects(
      () => makeBatches({ ...settings, dataset }).read(0, 0),
      PluginError,
      `two or more arrays of 12 values, got "${lengths.join(", ")}"`,
    );
  }
});

Deno.test("a dataset without its pretraining split is a PluginError", () => {
  const dataset: Dataset = { ...tinyDataset(20), pretrain: "unlabeled" };
  assertThrows(
    () => makeBatches({ ...settings, dataset }),
    PluginError,
    'it must have the split unlabeled, got "train"',
  );
});
