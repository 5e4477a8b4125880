import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { PluginError } from "../../../lib/errors.ts";
import { frozen, hashWeights } from "../../../lib/evaluate/evaluate.ts";
import { guard } from "../../../lib/guard.ts";
import type { Device } from "../../../lib/device/device.ts";
import { testOnDevices } from "../../support/devices.ts";
import { denseEncoder } from "./parts.ts";

/** A probe of that name. */
const named = (name: string) =>
  guard({ kind: "probe", name }, { evaluate: () => Promise.resolve({ top1: 0, top5: 0 }) });

const input = ({ tf }: Device) => tf.randomNormal([6, 4, 4, 1], 0, 1, "float32", 1);

/** Fails as it should when `act` changes the model. */
async function assertCaught(
  device: Device,
  act: (encoder: ReturnType<typeof denseEncoder>) => unknown,
  got: RegExp,
) {
  const encoder = denseEncoder(device);
  const error = await assertRejects(
    () => frozen(encoder.model, named("greedy"), async () => await act(encoder)),
    PluginError,
    "Cannot accept the result of the probe greedy: a probe must leave the encoder's weights and batch-norm " +
      "statistics as they are",
  );
  assertMatch(error.message, got);
}

testOnDevices("what leaves the encoder alone passes, its result with it", async (device) => {
  const { tf } = device;
  const { model } = denseEncoder(device);
  const before = tf.memory().numTensors;
  const result = await frozen(model, named("modest"), async () => {
    const features = tf.tidy(() => model.predict(input(device)));
    const values = features instanceof tf.Tensor ? await features.data() : [];
    tf.dispose(features);
    return values.length;
  });
  assertEquals(result, 30);
  assertEquals(tf.memory().numTensors, before);
  model.dispose();
});

testOnDevices("training the encoder is caught", async (device) => {
  const { tf } = device;
  await assertCaught(device, async ({ model }) => {
    model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
    await model.fit(input(device), tf.ones([6, 5]), { epochs: 1, verbose: 0 });
  }, /got "6 changed, the first of them [^ ]*\/gamma". Correct the probe greedy/);
});

testOnDevices("batch-norm statistics that move are caught, as in linear.py", async (device) => {
  const { tf } = device;
  await assertCaught(device, ({ model }) => {
    tf.tidy(() => void model.apply(input(device), { training: true }));
  }, /got "2 changed, the first of them [^ ]*\/moving_mean"/);
});

testOnDevices("a change of one weight in its last bits is caught", async (device) => {
  const { tf } = device;
  await assertCaught(device, ({ model }) => {
    const [gamma] = model.trainableWeights;
    tf.tidy(() => void gamma.write(gamma.read().add(tf.tensor1d([2 ** -23]))));
  }, /got "1 changed, the first of them [^ ]*\/gamma"/);
});

testOnDevices("disposing the encoder is caught", async (device) => {
  await assertCaught(device, ({ model }) => model.dispose(), /got "6 changed, /);
});

testOnDevices("the hashes are those of the values, moving statistics included", async (device) => {
  const { model } = denseEncoder(device);
  const sha256 = async (values: number[]) => {
    const digest = await crypto.subtle.digest("SHA-256", Float32Array.from(values));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
  };
  const hashes = await hashWeights(model);
  assertEquals(hashes.length, 6);
  for (const values of [[0.25], [4], [0.1, 0.1, 0.1, 0.1, 0.1]]) {
    assertEquals(hashes.includes(await sha256(values)), true);
  }
  model.dispose();
});
