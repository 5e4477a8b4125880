import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { DataError, PluginError } from "../../../lib/errors.ts";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { rng } from "../../../lib/random.ts";
import { createRun } from "../../../lib/run/run_folder.ts";
import { loadEncoderWeights } from "../../../lib/train/load_encoder.ts";
import { encoderWeights } from "../../../lib/train/network.ts";
import { train } from "../../../lib/train/train.ts";
import { testOnDevices } from "../../support/devices.ts";
import { tinyOptions, tinyParts } from "../../support/tiny_parts.ts";

const weights = async (model: tf.LayersModel) =>
  (await Promise.all(model.getWeights().map((weight) => weight.data()))).map((data) => [...data]);

testOnDevices(
  "a run's encoder is restored, statistics too, from its folder or a file",
  async (device) => {
    const folder = await Deno.makeTempDir();
    const run = await createRun(folder, "run", {});
    const parts = tinyParts(device);
    (await train({ ...parts, run }, tinyOptions())).dispose();
    await run.close();
    for (const path of [run.path, `${run.path}/checkpoint-2.safetensors`]) {
      const fresh = convNet(1, [{ width: 8, stride: 1 }], rng(99));
      assertNotEquals(await weights(fresh), await weights(parts.encoder.model));
      const loaded = await loadEncoderWeights(path, fresh);
      assertEquals(loaded, `${run.path}/checkpoint-2.safetensors`);
      assertEquals(await weights(fresh), await weights(parts.encoder.model));
      fresh.dispose();
    }

    const wrong: [tf.LayersModel, string][] = [
      [convNet(1, [{ width: 4, stride: 1 }], rng(0)), "encoder.conv1.kernel, F32 [3,3,1,4], got"],
      [
        convNet(1, [{ width: 8, stride: 1 }, { width: 8, stride: 1 }], rng(0)),
        'encoder.conv2.kernel, F32 [3,3,8,8], got "nothing"',
      ],
      [
        tf.sequential({ layers: [tf.layers.globalAveragePooling2d({ inputShape: [8, 8, 1] })] }),
        'all weights of the file, got "encoder.',
      ],
    ];
    for (const [model, message] of wrong) {
      const before = await weights(model);
      await assertRejects(() => loadEncoderWeights(run.path, model), DataError, message);
      assertEquals(await weights(model), before, "nothing is assigned");
      model.dispose();
    }
    parts.encoder.model.dispose();
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices("weights without names of their own are a PluginError", () => {
  const model = tf.sequential({
    layers: [
      tf.sequential({
        layers: [tf.layers.dense({ units: 2, inputShape: [2] }), tf.layers.dense({ units: 2 })],
      }),
    ],
  });
  assertThrows(() => encoderWeights(model), PluginError, "its 4 weights must have names");
  model.dispose();
});

Deno.test("a run without a checkpoint, and a path without a file, are DataErrors", async () => {
  const folder = await Deno.makeTempDir();
  const model = tf.sequential();
  await assertRejects(() => loadEncoderWeights(folder, model), DataError, "must have a checkpoint");
  await assertRejects(() => loadEncoderWeights(`${folder}/x`, model), DataError, "Cannot read");
  await Deno.remove(folder);
});
