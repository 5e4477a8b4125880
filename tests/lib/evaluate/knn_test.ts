import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import { knn, type KnnEnv, knnScores } from "../../../lib/evaluate/knn.ts";
import type { FeatureSplit } from "../../../lib/plugin.ts";
import { testOnDevices } from "../../support/devices.ts";
import { blobs } from "./parts.ts";

const cosine = (a: number[], b: number[]) => {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

const add = (a: number, b: number) => a + b;

/** The reference code's scores in float64: every similarity sorted, the first k vote; −∞ for none. */
function bruteForce(
  train: { rows: number[][]; labels: Int32Array },
  queries: number[][],
  { k, temperature, classes }: { k: number; temperature: number; classes: number },
): number[][] {
  return queries.map((query) => {
    const similarities = train.rows.map((row) => cosine(query, row));
    const nearest = [...similarities.keys()]
      .sort((a, b) => similarities[b] - similarities[a] || a - b).slice(0, k);
    const scores = Array.from({ length: classes }, () => -Infinity);
    for (const j of nearest) {
      const votes = Math.max(scores[train.labels[j]], 0);
      scores[train.labels[j]] = votes + Math.exp(similarities[j] / temperature);
    }
    return scores;
  });
}

testOnDevices("scores are the reference's up to a factor per row", async (device) => {
  const { tf } = device;
  const env: KnnEnv = { tf, classes: [] };
  const train = blobs(device, { length: 61, dim: 6, classes: 7, spread: 2 });
  const test = blobs(device, { length: 23, dim: 6, classes: 7, spread: 2, seed: 2 });
  for (const [k, temperature] of [[1, 0.5], [10, 0.5], [61, 0.07]]) {
    const before = tf.memory().numTensors;
    const scores = await knnScores(train, test.features, 7, { k, temperature }, env);
    assertEquals(tf.memory().numTensors, before);
    bruteForce(train, test.rows, { k, temperature, classes: 7 }).forEach((row, i) => {
      const own = scores.subarray(i * 7, (i + 1) * 7);
      const [total, ownTotal] = [row, own].map((all) => [...all].filter((s) => s >= 0).reduce(add));
      row.forEach((value, c) => {
        if (value === -Infinity) assertEquals(own[c], -Infinity);
        else assertAlmostEquals(own[c] / ownTotal, value / total, 1e-5);
      });
    });
  }
  tf.dispose([train.features, test.features]);
});

testOnDevices(
  "metrics are the same on every run, and top-5 counts the first five classes with a vote",
  async (device) => {
    const { tf } = device;
    const env: KnnEnv = { tf, classes: ["a", "b", "c", "d", "e", "f", "g"] };
    const train = blobs(device, { length: 70, dim: 4, classes: 7, spread: 1.5 });
    const test = blobs(device, { length: 31, dim: 4, classes: 7, spread: 1.5, seed: 2 });
    for (const k of [1, 3, 12]) {
      const options = { k, temperature: 0.5 };
      const metrics = await knn({ train, test }, options, env);
      assertEquals(await knn({ train, test }, options, env), metrics);

      const ranked = bruteForce(train, test.rows, { ...options, classes: 7 }).map((row) =>
        [...row.keys()].filter((c) => row[c] > -Infinity)
          .sort((a, b) => row[b] - row[a] || a - b)
      );
      const hits = (first: number) =>
        ranked.filter((row, i) => row.slice(0, first).includes(test.labels[i])).length;
      assertEquals([metrics.top1, metrics.top5], [100 * hits(1) / 31, 100 * hits(5) / 31]);
      if (k === 1) assertEquals(metrics.top5, metrics.top1, "one neighbor votes for one class");
    }
    tf.dispose([train.features, test.features]);
  },
);

testOnDevices(
  "equal neighbors are taken by index, equal votes go to the lower class",
  async (device) => {
    const { tf } = device;
    const vectors = (rows: number[][], labels: number[]): FeatureSplit => ({
      features: tf.tensor2d(rows),
      labels: Int32Array.from(labels),
    });
    // All neighbors are one direction; the lengths do not count.
    const train = vectors([[4, 0], [1, 0], [2, 0], [8, 0]], [2, 1, 1, 0]);
    const test = vectors([[1, 0]], [1]);
    const scores = (k: number) =>
      knnScores(train, test.features, 3, { k, temperature: 0.5 }, { tf, classes: [] });
    assertEquals([...await scores(2)], [-Infinity, 1, 1]);
    assertEquals([...await scores(4)], [1, 2, 1]);
    const metrics = await knn({ train, test }, { k: 2, temperature: 0.5 }, { tf, classes: [] });
    assertEquals([metrics.top1, metrics.confusion], [100, [[0, 0, 0], [0, 1, 0], [0, 0, 0]]]);
    tf.dispose([train.features, test.features]);
  },
);

testOnDevices("a tiny temperature and a zero feature give finite scores", async (device) => {
  const { tf } = device;
  const features = tf.tensor2d([[1, 0], [0, 1], [0, 0]]);
  const train: FeatureSplit = { features, labels: Int32Array.of(0, 1, 1) };
  const options = { k: 3, temperature: 1e-4 };
  const scores = await knnScores(train, features, 2, options, { tf, classes: [] });
  assertEquals([...scores], [1, 0, 0, 1, 1, 2], "a vote too small for a float is a vote");
  const { perClass } = await knn({ train, test: train }, options, { tf, classes: ["a", "b"] });
  assertEquals(perClass, { a: 100, b: 100 });
  features.dispose();
});

testOnDevices("queries of several blocks each find themselves", async (device) => {
  const { tf } = device;
  const length = 4200;
  const angles = Float32Array.from({ length }, (_, i) => 2 * Math.PI * i / length);
  const rows = Array.from(angles, (angle) => [Math.cos(angle), Math.sin(angle)]);
  const split: FeatureSplit = {
    features: tf.tensor2d(rows),
    labels: Int32Array.from({ length }, (_, i) => i % 3),
  };
  const done: number[] = [];
  const metrics = await knn({ train: split, test: split }, { k: 1, temperature: 0.5 }, {
    tf,
    classes: [],
    progress: (progress) => done.push(progress.done),
  });
  assertEquals(metrics.top1, 100);
  assertEquals(done, [0, 3994, 4200]);
  split.features.dispose();
});

testOnDevices(
  "k beyond the training examples is a UsageError that says the limit",
  async (device) => {
    const train = blobs(device, { length: 5, dim: 2, classes: 2, spread: 1 });
    const options = { k: 6, temperature: 0.5 };
    await assertRejects(
      () => knn({ train, test: train }, options, { tf: device.tf, classes: [] }),
      UsageError,
      "k must be at most the number of labeled training examples, 5, got 6. Set --k=5 or less.",
    );
    train.features.dispose();
  },
);

testOnDevices("an aborted signal ends the search and frees its tensors", async (device) => {
  const { tf } = device;
  const train = blobs(device, { length: 5, dim: 2, classes: 2, spread: 1 });
  const before = tf.memory().numTensors;
  const env: KnnEnv = { tf, classes: [], signal: AbortSignal.abort(new Error("stop")) };
  const options = { k: 1, temperature: 0.5 };
  await assertRejects(() => knn({ train, test: train }, options, env), Error, "stop");
  assertEquals(tf.memory().numTensors, before);
  train.features.dispose();
});
