import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { fitRegularized } from "../../../lib/evaluate/fit_regularized.ts";
import type { FeatureSplit } from "../../../lib/plugin.ts";
import type { Device } from "../../../lib/device/device.ts";
import { testOnDevices } from "../../support/devices.ts";
import { blobs } from "./parts.ts";

const fit = async (device: Device, { features, labels }: FeatureSplit, classes: number) => {
  const before = device.tf.memory().numTensors;
  const found = await fitRegularized(features, labels, classes, { tf: device.tf, seed: 0 });
  assertEquals(device.tf.memory().numTensors, before);
  return found;
};

/** The gradient of the penalized loss in float64, written out. */
function gradientAt(
  rows: number[][],
  labels: Int32Array,
  classes: number,
  weights: Float64Array,
  l2: number,
): number[] {
  const d = rows[0].length + 1;
  const gradient = Array.from(weights, (w, i) => i < (d - 1) * classes ? l2 * w : 0);
  rows.forEach((row, i) => {
    const x = [...row, 1];
    const exps = Array.from(
      { length: classes },
      (_, c) => Math.exp(x.reduce((sum, value, j) => sum + value * weights[j * classes + c], 0)),
    );
    const total = exps.reduce((sum, value) => sum + value, 0);
    exps.forEach((exp, c) => {
      const residual = exp / total - Number(labels[i] === c);
      x.forEach((value, j) => gradient[j * classes + c] += residual * value / rows.length);
    });
  });
  return gradient;
}

const SHAPES = [
  { of: "a few features", length: 90, dim: 6, classes: 3, spread: 1.5 },
  { of: "more features than a bound is worth", length: 40, dim: 500, classes: 3, spread: 3 },
];

for (const { of, ...shape } of SHAPES) {
  testOnDevices(
    `at the weights found, of ${of}, the gradient of the penalized loss is all but zero`,
    async (device) => {
      const split = blobs(device, shape);
      const { weights, l2 } = await fit(device, split, 3);
      const size = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
      const zero = new Float64Array(weights.length);
      const start = size(gradientAt(split.rows, split.labels, 3, zero, l2));
      assertLess(size(gradientAt(split.rows, split.labels, 3, weights, l2)), 0.02 * start);
      split.features.dispose();
    },
  );
}

testOnDevices(
  "labels that the features tell nothing of get a strong penalty, clear ones a weak one",
  async (device) => {
    const clear = blobs(device, { length: 100, dim: 8, classes: 2, spread: 0.1 });
    const vague = blobs(device, { length: 100, dim: 8, classes: 2, spread: 40 });
    assertLess((await fit(device, clear, 2)).l2, 1e-3);
    assertGreater((await fit(device, vague, 2)).l2, 0.05);
    device.tf.dispose([clear.features, vague.features]);
  },
);

testOnDevices("the same features give the same weights, bit for bit", async (device) => {
  const split = blobs(device, { length: 50, dim: 4, classes: 2, spread: 1 });
  const first = await fit(device, split, 2);
  assertEquals(await fit(device, split, 2), first);
  split.features.dispose();
});

testOnDevices("features that repeat each other do not stop the fit", async (device) => {
  const { tf } = device;
  const { features, labels } = blobs(device, { length: 40, dim: 3, classes: 2, spread: 0.5 });
  const twice = tf.tidy(() => tf.concat([features, features, tf.zerosLike(features)], 1));
  const { weights } = await fit(device, { features: twice, labels }, 2);
  assert(weights.every(Number.isFinite) && weights.some((weight) => weight !== 0));
  tf.dispose([features, twice]);
});

testOnDevices("an aborted signal ends the fit and frees its tensors", async (device) => {
  const { tf } = device;
  const { features, labels } = blobs(device, { length: 20, dim: 3, classes: 2, spread: 1 });
  const before = tf.memory().numTensors;
  const signal = AbortSignal.abort(new Error("stop"));
  const fitting = () => fitRegularized(features, labels, 2, { tf, seed: 0, signal });
  await assertRejects(fitting, Error, "stop");
  assertEquals(tf.memory().numTensors, before);
  features.dispose();
});
