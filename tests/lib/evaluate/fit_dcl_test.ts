import { assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Device } from "../../../lib/device/device.ts";
import { UsageError } from "../../../lib/errors.ts";
import { fitDcl } from "../../../lib/evaluate/fit_dcl.ts";
import type { FeatureSplit } from "../../../lib/plugin.ts";
import { rng, STREAM } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { blobs } from "./parts.ts";

const OPTIONS = { epochs: 3, batchSize: 8, learningRate: 0.05, weightDecay: 0.01 };
const LENGTH = 19;
const DIM = 4;
const CLASSES = 3;
const SEED = 5;

const epochClouds = (device: Device, epoch: number) =>
  blobs(device, { length: LENGTH, dim: DIM, classes: CLASSES, spread: 1, seed: 10 + epoch });

/** `linear.py` in float64: PyTorch's Adam on the mean cross-entropy of one batch after another. */
function reference(device: Device): number[] {
  const random = rng(SEED, STREAM.probe, 0);
  const size = (DIM + 1) * CLASSES;
  const w = Array.from({ length: size }, () => (2 * random.uniform() - 1) / Math.sqrt(DIM));
  const m = w.map(() => 0);
  const v = w.map(() => 0);
  let t = 0;
  for (let epoch = 1; epoch <= OPTIONS.epochs; epoch++) {
    const { rows, labels, features } = epochClouds(device, epoch);
    features.dispose();
    const order = [...rng(SEED, STREAM.probe, epoch).permutation(LENGTH)];
    for (let start = 0; start < LENGTH; start += OPTIONS.batchSize) {
      const batch = order.slice(start, start + OPTIONS.batchSize);
      const gradient = w.map((value) => OPTIONS.weightDecay * value);
      for (const i of batch) {
        const x = [...rows[i], 1];
        const exps = Array.from(
          { length: CLASSES },
          (_, c) => Math.exp(x.reduce((sum, value, j) => sum + value * w[j * CLASSES + c], 0)),
        );
        const total = exps.reduce((sum, value) => sum + value, 0);
        exps.forEach((exp, c) => {
          const residual = (exp / total - Number(labels[i] === c)) / batch.length;
          x.forEach((value, j) => gradient[j * CLASSES + c] += residual * value);
        });
      }
      t++;
      gradient.forEach((g, i) => {
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        const [mHat, vHat] = [m[i] / (1 - 0.9 ** t), v[i] / (1 - 0.999 ** t)];
        w[i] -= OPTIONS.learningRate * mHat / (Math.sqrt(vHat) + 1e-8);
      });
    }
  }
  return w;
}

testOnDevices("the weights are those of linear.py, written out in float64", async (device) => {
  const { tf } = device;
  const epochs: number[] = [];
  const train: FeatureSplit = {
    ...epochClouds(device, 0),
    augmented: (epoch) => {
      epochs.push(epoch);
      return Promise.resolve(epochClouds(device, epoch).features);
    },
  };
  const before = tf.memory().numTensors;
  const weights = await fitDcl(train, CLASSES, OPTIONS, { tf, seed: SEED });
  assertEquals(tf.memory().numTensors, before);
  assertEquals(epochs, [1, 2, 3]);
  reference(device).forEach((weight, i) => assertAlmostEquals(weights[i], weight, 2e-4));
  assertEquals(await fitDcl(train, CLASSES, OPTIONS, { tf, seed: SEED }), weights);
  assertNotEquals(await fitDcl(train, CLASSES, OPTIONS, { tf, seed: SEED + 1 }), weights);
  train.features.dispose();
});

testOnDevices(
  "features that cannot be augmented are refused with the other protocol named",
  async (device) => {
    const train = epochClouds(device, 0);
    await assertRejects(
      () => fitDcl(train, CLASSES, OPTIONS, { tf: device.tf, seed: SEED }),
      UsageError,
      "Set --protocol=standard.",
    );
    train.features.dispose();
  },
);
