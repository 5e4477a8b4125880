import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { openDevice } from "../../../lib/device/device.ts";
import { DataError, PluginError } from "../../../lib/errors.ts";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { encodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { toTorch } from "../../../lib/interop/torch_names.ts";
import { findNaming, type TorchNaming } from "../../../lib/interop/torch_naming.ts";
import type { NamedArray } from "../../../lib/interop/named_array.ts";
import { resnet } from "../../../lib/nn/resnet.ts";
import { rng } from "../../../lib/random.ts";
import { createRun } from "../../../lib/run/run_folder.ts";
import { loadEncoderWeights } from "../../../lib/train/load_encoder.ts";
import { encoderWeights } from "../../../lib/train/network.ts";
import { train } from "../../../lib/train/train.ts";
import { readVariables } from "../../../lib/train/variable_arrays.ts";
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
      assertEquals(loaded, { path: `${run.path}/checkpoint-2.safetensors`, ignored: [] });
      assertEquals(await weights(fresh), await weights(parts.encoder.model));
      fresh.dispose();
    }

    const damaged = [
      `${run.path}/checkpoint-4.safetensors`,
      `${run.path}/checkpoint-3.safetensors`,
    ];
    for (const path of damaged) await Deno.writeTextFile(path, "cut short");
    const older = convNet(1, [{ width: 8, stride: 1 }], rng(99));
    const loaded = await loadEncoderWeights(run.path, older);
    assertEquals(loaded, { path: `${run.path}/checkpoint-2.safetensors`, damaged, ignored: [] });
    assertEquals(await weights(older), await weights(parts.encoder.model));
    older.dispose();
    await assertRejects(
      () => loadEncoderWeights(damaged[0], parts.encoder.model),
      DataError,
      "is damaged",
    );
    for (const path of damaged) await Deno.remove(path);

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

testOnDevices("weights whose names are not distinct are a PluginError", () => {
  const model = tf.sequential({
    layers: [
      tf.sequential({
        layers: [tf.layers.dense({ units: 2, inputShape: [2] }), tf.layers.dense({ units: 2 })],
      }),
    ],
  });
  assertThrows(() => encoderWeights(model), PluginError, "its 4 weights must have distinct names");
  model.dispose();
});

Deno.test("a run without a checkpoint, and a path without a file, are DataErrors", async () => {
  const folder = await Deno.makeTempDir();
  const model = tf.sequential();
  await assertRejects(() => loadEncoderWeights(folder, model), DataError, "must have a checkpoint");
  await assertRejects(() => loadEncoderWeights(`${folder}/x`, model), DataError, "Cannot read");
  await Deno.remove(folder);
});

const NAMINGS: TorchNaming[] = [
  { style: "torchvision", parallel: false },
  { style: "reference", parallel: true },
];

testOnDevices("an encoder is restored from a file under PyTorch's names", async () => {
  const folder = await Deno.makeTempDir();
  const stages = [{ width: 4, stride: 1 }, { width: 8, stride: 2 }];
  const [model, fresh] = [convNet(3, stages, rng(1)), convNet(3, stages, rng(2))];
  const trained = await readVariables(encoderWeights(model));
  trained.set("head.3.bias", { dtype: "F32", shape: [2], data: new Float32Array(2) });
  for (const naming of NAMINGS) {
    const path = `${folder}/${naming.style}.safetensors`;
    const tensors = toTorch(trained, naming);
    assertEquals(findNaming(tensors.keys()), naming);
    await Deno.writeFile(path, encodeSafetensors(tensors, {}));
    fresh.setWeights(fresh.weights.map((weight) => tf.zerosLike(weight.read())));
    const { ignored } = await loadEncoderWeights(path, fresh);
    assertEquals(ignored.length, 1);
    assertEquals(await weights(fresh), await weights(model));

    const narrow = convNet(3, [{ width: 4, stride: 1 }, { width: 6, stride: 2 }], rng(0));
    const before = await weights(narrow);
    const name = naming.style === "reference" ? "module.f.3.weight" : "conv2.weight";
    await assertRejects(
      () => loadEncoderWeights(path, narrow),
      DataError,
      `it must have ${name}, [6,4,3,3], got "[8,4,3,3]"`,
    );
    assertEquals(await weights(narrow), before, "nothing is assigned");
    narrow.dispose();
  }
  model.dispose();
  fresh.dispose();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("one residual network gives the same weights under every trainer's names", async () => {
  await openDevice("wasm");
  const folder = await Deno.makeTempDir();
  const shape = { block: "basic", depths: [1, 1], stem: "small", channels: 3 } as const;
  const [model, copy, fresh] = [1, 2, 3].map((seed) => resnet(shape, rng(seed)));
  const [trained, following] = [
    await readVariables(encoderWeights(model)),
    await readVariables(encoderWeights(copy)),
  ];
  const under = (prefix: string, from: typeof trained) =>
    toTorch(from, { style: "torchvision", parallel: false, prefix });
  const numbered = {
    style: "reference",
    parallel: false,
    prefix: "backbone.",
    firstStage: 4,
  } as const;
  const more: NamedArray = { dtype: "F32", shape: [2], data: new Float32Array(2) };
  const files: [string, Map<string, NamedArray>, string[], string?][] = [
    ["simsiam", under("module.encoder.", trained).set("module.predictor.0.weight", more), [
      "module.predictor",
    ]],
    [
      "moco",
      new Map([
        ...under("module.encoder_k.", following),
        ...under("module.encoder_q.", trained),
        ["module.queue", more],
      ]),
      ["module.encoder_k", "module.queue"],
      "module.encoder_q",
    ],
    ["lightly", toTorch(trained, numbered).set("projection_head.layers.0.weight", more), [
      "projection_head",
    ]],
  ];
  for (const [name, tensors, ignored, taken] of files) {
    const path = `${folder}/${name}`;
    await Deno.writeFile(path, encodeSafetensors(tensors, {}));
    fresh.setWeights(fresh.weights.map((weight) => tf.zerosLike(weight.read())));
    const loaded = await loadEncoderWeights(path, fresh);
    assertEquals(loaded, { path, ignored, ...(taken && { chosen: taken }) });
    assertEquals(await weights(fresh), await weights(model), name);
  }
  for (const each of [model, copy, fresh]) each.dispose();
  await Deno.remove(folder, { recursive: true });
});
