import { assertEquals, assertRejects } from "@std/assert";
import { PluginError, UsageError } from "../../../lib/errors.ts";
import { guard } from "../../../lib/guard.ts";
import {
  disposeFeatures,
  evaluate,
  evaluateFeatures,
  extractProbeInput,
} from "../../../lib/evaluate/evaluate.ts";
import type { Metrics, Probe, ProbeInput } from "../../../lib/plugin.ts";
import type { Device } from "../../../lib/device/device.ts";
import { testOnDevices } from "../../support/devices.ts";
import { denseEncoder, imageDataset, imageSplit } from "./parts.ts";

const METRICS: Metrics = { top1: 50, top5: 90 };
const probeOf = (act: (input: ProbeInput) => unknown): Probe => ({
  evaluate: async (input) => {
    await act(input);
    return METRICS;
  },
});

const setUp = (device: Device) => ({
  device,
  encoder: denseEncoder(device),
  dataset: imageDataset(),
  batchSize: 8,
});

testOnDevices(
  "a probe is given both splits and its metrics come back, nothing is left",
  async (device) => {
    const options = setUp(device);
    const before = device.tf.memory().numTensors;
    const seen: unknown[] = [];
    const probe = probeOf(({ train, test }) => {
      seen.push(train.features.shape, test.features.shape, train.labels.length, test.labels.length);
    });
    assertEquals(await evaluate({ ...options, probe }), METRICS);
    assertEquals(seen, [[21, 5], [10, 5], 21, 10]);
    assertEquals(device.tf.memory().numTensors, before);
    options.encoder.model.dispose();
  },
);

testOnDevices(
  "probes share features, and one that sorts its labels does not harm the next",
  async (device) => {
    const options = setUp(device);
    const features = await extractProbeInput(options);
    const { encoder } = options;
    const sorter = probeOf(({ test }) => test.labels.sort());
    await evaluateFeatures({ probe: sorter, features, encoder });
    const labels: number[] = [];
    const reader = probeOf(({ test }) => labels.push(...test.labels));
    await evaluateFeatures({ probe: reader, features, encoder });
    assertEquals(labels, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    disposeFeatures(features);
    encoder.model.dispose();
  },
);

testOnDevices(
  "a probe that misbehaves is a PluginError with its name, and nothing is left",
  async (device) => {
    const { tf } = device;
    const options = setUp(device);
    const [weight] = options.encoder.model.trainableWeights;
    const cases: [Probe, string][] = [
      [probeOf(() => tf.tidy(() => void weight.write(weight.read().add(1)))), 'got "1 changed'],
      [
        probeOf(() => Promise.reject(new TypeError("no such thing"))),
        "The probe mine threw in evaluate(): no such thing.",
      ],
      [probeOf(({ train }) => train.features.dispose()), 'got "disposed features"'],
      [{ evaluate: () => Promise.resolve({ top1: NaN, top5: 1 }) }, "top1 must be a number"],
    ];
    for (const [probe, message] of cases) {
      const before = tf.memory().numTensors;
      const mine = guard({ kind: "probe", name: "mine" }, probe);
      const evaluating = () => evaluate({ ...options, probe: mine });
      const error = await assertRejects(evaluating, PluginError, message);
      assertEquals(/the probe mine/i.test(error.message), true);
      assertEquals(tf.memory().numTensors, before);
    }
    options.encoder.model.dispose();
  },
);

testOnDevices(
  "a missing or unlabeled test split is a UsageError before any feature is computed",
  async (device) => {
    const options = setUp(device);
    const read: string[] = [];
    const train = {
      ...imageSplit(6, 1),
      read: () => {
        read.push("train");
        return new Uint8Array(96);
      },
    };
    const { labels: _, ...unlabeled } = imageSplit(6, 2);
    await assertRejects(
      () => extractProbeInput({ ...options, dataset: imageDataset({ train }) }),
      UsageError,
      'the split must be one of train, got "test". Probes fit on train and evaluate on test: choose',
    );
    await assertRejects(
      () => extractProbeInput({ ...options, dataset: imageDataset({ train, test: unlabeled }) }),
      UsageError,
      "Cannot evaluate on the split test: a probe needs labeled examples, got",
    );
    assertEquals(read, []);
    options.encoder.model.dispose();
  },
);
