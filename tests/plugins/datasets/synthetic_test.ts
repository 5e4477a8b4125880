import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { channelStatistics } from "../../../lib/data/normalization.ts";
import { collisionProbability } from "../../../lib/data/class_prior.ts";
import { UsageError } from "../../../lib/errors.ts";
import type { Dataset, Split } from "../../../lib/plugin.ts";
import synthetic from "../../../plugins/datasets/synthetic.ts";

const ENV = {
  seed: 0,
  cache: "unused",
  progress: () => {},
  signal: new AbortController().signal,
};

async function open(options: Record<string, number> = {}, seed = 0): Promise<Dataset> {
  return await synthetic.create(synthetic.options.parse(options), { ...ENV, seed });
}

function count({ labels }: Split, classes: number): number[] {
  const counts = new Array(classes).fill(0);
  labels!.forEach((label) => counts[label]++);
  return counts;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

Deno.test("synthetic has the sizes and classes asked for", async () => {
  const { shape, classes, splits } = await open({ size: 20, classes: 7, train: 50, test: 21 });
  assertEquals(shape, [20, 20, 3]);
  assertEquals(new Set(classes).size, 7);
  assertEquals([splits.train.length, splits.test.length], [50, 21]);
  assertEquals((await splits.test.read([0, 20])).length, 2 * 20 * 20 * 3);
  await assertRejects(
    async () => await splits.test.read([21]),
    RangeError,
    "no example 21 among 21",
  );
});

Deno.test("every number of classes has names of its own", async () => {
  for (const classes of [2, 5, 6, 50]) {
    const dataset = await open({ size: 16, classes, train: 50, test: 50 });
    assertEquals(new Set(dataset.classes).size, classes);
  }
});

Deno.test("an image depends on its index alone, not on what is read before or beside it", async () => {
  const { train } = (await open({ train: 64 })).splits;
  const batch = await train.read([5, 3, 5]);
  const bytes = batch.length / 3;
  assertEquals(batch.slice(0, bytes), batch.slice(2 * bytes));
  const again = (await open({ train: 64 }, 17)).splits.train;
  assertEquals(await again.read([3]), batch.slice(bytes, 2 * bytes));
  assertEquals(again.labels, train.labels);
});

Deno.test("another seed or another split gives other images", async () => {
  const one = (await open({ train: 64, test: 64 })).splits;
  const two = (await open({ train: 64, test: 64, dataSeed: 1 })).splits;
  const [a, b, c] = [
    await one.train.read([0]),
    await one.test.read([0]),
    await two.train.read([0]),
  ];
  const differing = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    range(x.length).filter((i) => x[i] !== y[i]).length / x.length;
  assert(differing(a, b) > 0.9);
  assert(differing(a, c) > 0.9);
});

Deno.test("balanced synthetic classes have a class prior of 1 / classes", async () => {
  const { splits } = await open({ classes: 8, train: 80, test: 16 });
  assertEquals(count(splits.train, 8), new Array(8).fill(10));
  assertEquals(collisionProbability(splits.train.labels!), 1 / 8);
});

Deno.test("imbalanced synthetic classes fall geometrically, and the test split stays balanced", async () => {
  const { splits } = await open({ classes: 5, train: 1250, test: 50, imbalance: 16 });
  // 1, 1/2, 1/4, 1/8, 1/16 of the most frequent: 31/16 · n = 1250.
  assertEquals(count(splits.train, 5), [645, 323, 161, 81, 40]);
  assertEquals(count(splits.test, 5), new Array(5).fill(10));
  const truth = [16, 8, 4, 2, 1].reduce((sum, share) => sum + (share / 31) ** 2, 0);
  assertAlmostEquals(collisionProbability(splits.train.labels!), truth, 1e-3);
});

Deno.test("the class priors in synthetic's documentation are the true ones", async () => {
  for (const [imbalance, prior] of [[1, 0.1], [10, 0.149], [100, 0.253]]) {
    const { train } = (await open({ train: 10000, size: 16, imbalance })).splits;
    assertAlmostEquals(collisionProbability(train.labels!), prior, 5e-4);
  }
});

Deno.test("labels come in random order", async () => {
  const { labels } = (await open({ train: 1000, test: 10 })).splits.train;
  const repeats = range(999).filter((i) => labels![i] === labels![i + 1]).length;
  assert(repeats > 50 && repeats < 150, `${repeats} of about 100`);
});

Deno.test("noise widens the spread of synthetic pixels as far as it says", async () => {
  const [clean, noisy] = await Promise.all(
    [0, 0.1].map(async (noise) =>
      await (await open({ train: 64, noise })).splits.train.read(range(64))
    ),
  );
  // Where clipping at 0 and 255 cannot reach.
  const inner = range(clean.length).filter((i) => clean[i] > 50 && clean[i] < 205);
  const variance = inner.reduce((sum, i) => sum + (noisy[i] - clean[i]) ** 2, 0) / inner.length;
  assertAlmostEquals(Math.sqrt(variance) / 255, 0.1, 2e-3);
});

Deno.test("synthetic's mean and standard deviation are those of its images", async () => {
  const { mean, std, splits } = await open();
  const whole = await channelStatistics(splits.test, 3);
  for (const c of range(3)) {
    assertAlmostEquals(mean[c], whole.mean[c], 0.03);
    assertAlmostEquals(std[c], whole.std[c], 0.03);
  }
});

Deno.test("raw pixels tell synthetic classes far above chance and far below perfection", async () => {
  const { splits: { train, test } } = await open({ size: 16, train: 1000, test: 200 });
  const known = await train.read(range(train.length));
  const asked = await test.read(range(test.length));
  const size = known.length / train.length;
  let right = 0;
  for (const i of range(test.length)) {
    let nearest = { distance: Infinity, label: -1 };
    for (const j of range(train.length)) {
      let distance = 0;
      for (let k = 0; k < size; k++) distance += (asked[i * size + k] - known[j * size + k]) ** 2;
      if (distance < nearest.distance) nearest = { distance, label: train.labels![j] };
    }
    if (nearest.label === test.labels![i]) right++;
  }
  const accuracy = right / test.length;
  assert(accuracy > 0.2 && accuracy < 0.8, `${accuracy} at a chance of 0.1`);
});

Deno.test("a class that would be left without an image is a UsageError", async () => {
  const error = await assertRejects(() => open({ train: 9 }), UsageError);
  assert(error.message.includes("each of 10 classes must have at least one image"), error.message);
  await assertRejects(() => open({ train: 100, imbalance: 1000 }), UsageError, "100 images");
});

Deno.test("synthetic's options out of range are refused", () => {
  const bad = [
    { classes: 1 },
    { classes: 51 },
    { classes: 2.5 },
    { size: 15 },
    { train: 0 },
    { test: -1 },
    { imbalance: 0.5 },
    { noise: -0.1 },
    { noise: NaN },
    { dataSeed: -1 },
    { balance: 1 },
  ];
  for (const options of bad) {
    assert(!synthetic.options.safeParse(options).success, JSON.stringify(options));
  }
});
