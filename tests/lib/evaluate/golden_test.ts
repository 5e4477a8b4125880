/** kNN and linear classifiers against PyTorch in float64, on fixed features. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Device } from "../../../lib/device/device.ts";
import { fitDcl } from "../../../lib/evaluate/fit_dcl.ts";
import { fitRegularized } from "../../../lib/evaluate/fit_regularized.ts";
import { knn, knnScores } from "../../../lib/evaluate/knn.ts";
import { lbfgs } from "../../../lib/evaluate/lbfgs.ts";
import { linear } from "../../../lib/evaluate/linear.ts";
import { regression } from "../../../lib/evaluate/softmax.ts";
import type { FeatureSplit, Metrics } from "../../../lib/plugin.ts";
import golden from "../../golden/probes.json" with { type: "json" };
import { closedForm } from "../../support/closed_form.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertEntries, assertNear, EPSILON } from "../../support/golden.ts";

const { classes, dim } = golden;
const ONES = [1, 1, 1, 1, 1];

/** Clouds around a center of each class, as tests/golden/probes.py has them. */
function features(
  { tf }: Device,
  length: number,
  seed: number,
  spread: number,
  scales: readonly number[] = ONES,
): FeatureSplit & { rows: number[][] } {
  const centers = closedForm("centres", classes * dim),
    noise = closedForm(`noise ${seed}`, length * dim);
  const rows = Array.from(
    { length },
    (_, i) =>
      scales.map((scale, d) =>
        Math.fround(scale * (centers[i % classes * dim + d] + spread * noise[i * dim + d]))
      ),
  );
  const labels = Int32Array.from({ length }, (_, i) => i % classes);
  return { features: tf.tensor2d(rows), labels, rows };
}

/** The class that each test example was given, from the confusion of classes taken in turn. */
function assertPredicted(
  metrics: Metrics,
  expected: { top1: number; top5: number; predicted: number[] },
): void {
  assertAlmostEquals(metrics.top1, expected.top1, 1e-9);
  assertAlmostEquals(metrics.top5, expected.top5, 1e-9);
  const confusion = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  expected.predicted.forEach((predicted, i) => confusion[i % classes][predicted]++);
  assertEquals(metrics.confusion, confusion);
}

/**
 * The authors' top-5 without what they count by chance: examples whose class has no vote, but is
 * among the first five by its number. `shares` are their scores, by examples of classes in turn.
 */
function votedTop5(top5: number, shares: readonly number[]): number {
  const byChance = Array.from({ length: shares.length / classes }, (_, i) => i).filter((i) => {
    const [row, own] = [shares.slice(i * classes, (i + 1) * classes), i % classes];
    const voted = row.filter((share) => share > 0).length;
    const before = row.slice(0, own).filter((share) => share === 0).length;
    return row[own] === 0 && voted + before < 5;
  });
  return top5 - 100 * byChance.length / (shares.length / classes);
}

testOnDevices("kNN gives the votes and accuracies of the authors' test()", async (device) => {
  const { tf } = device;
  const train = features(device, golden.train, 1, 0.8);
  const test = features(device, golden.test, 2, 0.8);
  for (const { k, temperature, shares, ...expected } of golden.knn) {
    const options = { k, temperature };
    const env = { tf, classes: [] };
    // The authors' scores are 0 where a class has no vote.
    const scores = (await knnScores(train, test.features, classes, options, env))
      .map((score) => Math.max(score, 0));
    const found = Array.from(scores, (score, at) => {
      const row = scores.subarray(at - at % classes, at - at % classes + classes);
      return score / row.reduce((sum, value) => sum + value, 0);
    });
    assertEntries(found, shares, EPSILON * (4 + 4 / temperature), `shares of k = ${k}`);
    const top5 = votedTop5(expected.top5, shares);
    assertPredicted(await knn({ train, test }, options, env), { ...expected, top5 });
  }
  tf.dispose([train.features, test.features]);
});

testOnDevices("the protocol dcl gives the weights of linear.py in PyTorch", async (device) => {
  const { tf } = device;
  for (const { seed, options, amplification, weights, loss, ...expected } of golden.dcl) {
    const train: FeatureSplit = {
      ...features(device, golden.train, 1, 0.8),
      augmented: (epoch) =>
        Promise.resolve(features(device, golden.train, 10 + epoch, 0.8).features),
    };
    const test = features(device, golden.test, 2, 0.8);
    const found = await fitDcl(train, classes, options, { tf, seed });
    // A gradient is right to a few ε of features of size one.
    assertEntries(found, weights, 4 * EPSILON * (1 + amplification), `weights of seed ${seed}`);
    const env = { tf, seed, classes: [] };
    const metrics = await linear({ train, test }, { protocol: "dcl", ...options }, env);
    assertPredicted(metrics, expected);
    assertNear(Number(metrics.loss), loss, 32 * EPSILON * (1 + amplification), "test loss");
    tf.dispose([train.features, test.features]);
  }
});

/** The penalized loss in float64, written out. */
function penalizedLoss(
  { rows, labels }: { rows: number[][]; labels: Int32Array },
  weights: ArrayLike<number>,
  l2: number,
): number {
  const squares = Array.from(weights).slice(0, dim * classes).reduce((sum, w) => sum + w * w, 0);
  return rows.reduce((sum, row, i) => {
    const scores = Array.from(
      { length: classes },
      (_, c) => [...row, 1].reduce((sum, x, j) => sum + x * weights[j * classes + c], 0),
    );
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    return sum + (Math.log(total) - scores[labels[i]]) / rows.length;
  }, l2 / 2 * squares);
}

testOnDevices("the protocol standard ends at the minimum that PyTorch finds", async (device) => {
  const { tf } = device;
  for (const { seed, l2, spread, penalized, weights } of golden.standard) {
    const train = features(device, golden.train, 1, spread);
    assertAlmostEquals(penalizedLoss(train, weights, l2), penalized, 1e-8);
    const fit = await fitRegularized(train.features, train.labels, classes, { tf, seed });
    assertEquals(fit.l2, l2);
    const excess = penalizedLoss(train, fit.weights, l2) / penalized - 1;
    assert(excess > -1e-9 && excess < 1e-5, `${excess} above the minimum`);
    train.features.dispose();
  }
});

testOnDevices("L-BFGS on the device converges to PyTorch's weights", async (device) => {
  const { tf } = device;
  for (const { l2, spread, penalized, weights } of golden.standard) {
    const train = features(device, golden.train, 1, spread);
    const order = Int32Array.from(train.labels.keys());
    const examples = regression(tf, { x: train.features, labels: train.labels, classes }, order);
    const { x, value } = await lbfgs(
      async (w) => {
        const at = tf.tidy(() => examples.gradientAt(tf.tensor2d([...w], [dim + 1, classes])));
        const [[loss], gradient] = await Promise.all([at.loss.data(), at.gradient.data()]);
        tf.dispose([at.loss, at.gradient]);
        const pulled = w.map((value, i) => i < dim * classes ? l2 * value : 0);
        return {
          value: loss + pulled.reduce((sum, pull, i) => sum + pull * w[i] / 2, 0),
          gradient: pulled.map((pull, i) => pull + gradient[i]),
        };
      },
      new Float64Array((dim + 1) * classes),
      { iterations: 300, tolerance: 1e-12 },
    );
    assertNear(value, penalized, 8 * EPSILON * penalized, "penalized loss");
    // An excess e of the loss lets the weights be √(2e/λ) away; e is the rounding of the loss.
    const allowed = Math.sqrt(2 * 8 * EPSILON * penalized / l2);
    assertEntries(x, weights, allowed, `weights of λ = ${l2}`);
    examples.dispose();
    train.features.dispose();
  }
});

testOnDevices("the linear probe evaluates as PyTorch's optimum does", async (device) => {
  const { tf } = device;
  for (const { seed, l2, spread, scales, loss, trainLoss, ...expected } of golden.linear) {
    const train = features(device, golden.train, 1, spread, scales);
    const test = features(device, golden.test, 2, spread, scales);
    const options = {
      protocol: "standard",
      epochs: 1,
      batchSize: 1,
      learningRate: 1,
      weightDecay: 0,
    } as const;
    const metrics = await linear({ train, test }, options, { tf, seed, classes: [] });
    assertEquals(metrics.l2, l2);
    assertPredicted(metrics, expected);
    // What is left to gain moves the loss of few examples, at weak penalties, by more than itself.
    assertNear(Number(metrics.loss), loss, 0.01 * loss, "test loss");
    assertNear(Number(metrics.trainLoss), trainLoss, 0.01 * trainLoss, "training loss");
    tf.dispose([train.features, test.features]);
  }
});
