import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { PluginError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import { makeBatches } from "../../../lib/train/batches.ts";
import { augment } from "../../../lib/views/augment.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import { tinyDataset } from "../../support/tiny_parts.ts";

const views = viewOptions.parse({ cropSize: 4 });
const settings = { views, viewCount: 2, seed: 1, batchSize: 6 };

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

Deno.test("the views of a step are those of its examples, whatever was read before", async () => {
  const dataset = tinyDataset(20);
  const batches = makeBatches({ ...settings, viewCount: 3, dataset });
  await batches.read(0, 2);
  const { indices, views: made, shape, labels } = await batches.read(1, 0);
  batches.close();
  assertEquals(shape, [4, 4, 1]);
  assertEquals(labels, Int32Array.from(indices, (index) => index % 4));
  const examples = await dataset.splits.train.read(indices);
  const expected = [0, 1, 2].map((view) =>
    augment(examples, dataset.shape, indices, { seed: 1, epoch: 1, view }, views, [0.4], [0.2])
  );
  assertEquals(made, expected);
});

Deno.test("a dataset's own views are used, normalised, each row from the stream of its example", async () => {
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
  one.indices.forEach((index, row) =>
    assertEquals(one.views[0][2 * row], all.views[0][2 * all.indices.indexOf(index)])
  );
  assert(one.views[0].every((value) => value >= -0.5 && value < 0));
  assertNotEquals(one.views[0], (await a.read(1, 1)).views[0]);
});

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
