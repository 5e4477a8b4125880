import { assertAlmostEquals, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import { linear, type LinearEnv, type LinearOptions } from "../../../lib/evaluate/linear.ts";
import type { FeatureSplit } from "../../../lib/plugin.ts";
import { testOnDevices } from "../../support/devices.ts";
import { blobs } from "./parts.ts";

const STANDARD: LinearOptions = {
  protocol: "standard",
  epochs: 12,
  batchSize: 16,
  learningRate: 0.2,
  weightDecay: 1e-6,
};
const CLASSES = ["a", "b", "c", "d", "e", "f"];

testOnDevices("separable classes are told apart completely by both protocols", async (device) => {
  const { tf } = device;
  const env: LinearEnv = { tf, seed: 0, classes: CLASSES };
  const train = blobs(device, { length: 60, dim: 8, classes: 6, spread: 0.05 });
  const test = blobs(device, { length: 31, dim: 8, classes: 6, spread: 0.05, seed: 2 });
  const augmentable = { ...train, augmented: () => Promise.resolve(train.features.clone()) };
  for (const protocol of ["standard", "dcl"] as const) {
    const before = tf.memory().numTensors;
    const options = { ...STANDARD, protocol };
    const metrics = await linear({ train: augmentable, test }, options, env);
    assertEquals(tf.memory().numTensors, before);
    assertEquals(
      [metrics.top1, metrics.top5, metrics.trainTop1, metrics.protocol],
      [100, 100, 100, protocol],
    );
    assertEquals(metrics.perClass, Object.fromEntries(CLASSES.map((name) => [name, 100])));
    assertEquals(JSON.parse(JSON.stringify(metrics)), metrics);
  }
  tf.dispose([train.features, test.features]);
});

testOnDevices(
  "overlapping classes are told apart as well as the best rule does",
  async (device) => {
    const { tf } = device;
    // Two clouds at ±1 on one axis with deviation 1: the best rule is right for Φ(1) = 84.1 %.
    const split = (length: number, seed: number): FeatureSplit => {
      const { rows, labels, features } = blobs(device, {
        length,
        dim: 2,
        classes: 2,
        spread: 1,
        seed,
      });
      const centers = [0, 1].map((label) =>
        [0, 1].map((j) => {
          const own = rows.filter((_, i) => labels[i] === label);
          return own.reduce((sum, row) => sum + row[j], 0) / own.length;
        })
      );
      features.dispose();
      // Scales far from 1, as raw features have them.
      const moved = rows.map((row, i) => [
        1000 * (row[0] - centers[labels[i]][0] + 2 * labels[i] - 1) + 500_000,
        0.001 * row[1],
      ]);
      return { features: tf.tensor2d(moved), labels };
    };
    const [train, test] = [split(400, 1), split(1000, 2)];
    const metrics = await linear({ train, test }, STANDARD, { tf, seed: 0, classes: [] });
    assertAlmostEquals(metrics.top1, 84.1, 3);
    assertEquals(metrics.top5, 100);
    // The entropy of the class given the feature is 0.337 nats.
    assertAlmostEquals(Number(metrics.loss), 0.337, 0.05);
    tf.dispose([train.features, test.features]);
  },
);

testOnDevices(
  "a constant feature and a class that only the test split has do no harm",
  async (device) => {
    const { tf } = device;
    const clear = blobs(device, { length: 30, dim: 3, classes: 2, spread: 0.1 });
    const features = tf.tidy(() => tf.concat2d([clear.features, tf.fill([30, 1], 7.7)], 1));
    const train: FeatureSplit = { features, labels: clear.labels };
    const test: FeatureSplit = { features, labels: clear.labels.map((c, i) => i === 0 ? 2 : c) };
    const metrics = await linear({ train, test }, STANDARD, { tf, seed: 0, classes: ["a", "b"] });
    assertAlmostEquals(metrics.top1, 100 * 29 / 30, 1e-9);
    assertEquals(metrics.perClass, { a: 100, b: 100, "2": 0 });
    assertEquals(metrics.confusion, [[14, 0, 0], [0, 15, 0], [1, 0, 0]]);
    assertGreater(Number(metrics.loss), Number(metrics.trainLoss));
    tf.dispose([clear.features, features]);
  },
);

testOnDevices("a feature that is all but constant is not blown up", async (device) => {
  const { tf } = device;
  const split = (seed: number, sign: number) => {
    const { features, labels } = blobs(device, {
      length: 60,
      dim: 4,
      classes: 2,
      spread: 1,
      seed,
    });
    // It tells the class of every training example and the wrong one of every test example, by a
    // deviation of 1e-4 beside the others' of one: a rounding error, or a leak.
    const own = tf.tensor2d(Array.from(labels, (label) => [sign * 1e-4 * (2 * label - 1)]));
    return {
      plain: { features, labels },
      more: { features: tf.concat2d([features, own], 1), labels },
    };
  };
  const [train, test] = [split(1, 1), split(2, -1)];
  const evaluate = (of: "plain" | "more") =>
    linear({ train: train[of], test: test[of] }, STANDARD, { tf, seed: 0, classes: [] });
  const [plain, more] = [await evaluate("plain"), await evaluate("more")];
  assertGreater(plain.top1, 80);
  assertAlmostEquals(more.top1, plain.top1, 5);
  for (const { features } of [train.plain, train.more, test.plain, test.more]) features.dispose();
});

testOnDevices("a single training example is a UsageError", async (device) => {
  const { tf } = device;
  const one = blobs(device, { length: 1, dim: 3, classes: 1, spread: 1 });
  await assertRejects(
    () => linear({ train: one, test: one }, STANDARD, { tf, seed: 0, classes: [] }),
    UsageError,
    "it needs at least two labeled training examples, got 1",
  );
  one.features.dispose();
});
