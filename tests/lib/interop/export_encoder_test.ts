import type * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { batchesTracked } from "../../../lib/commands/export_run.ts";
import { openDevice } from "../../../lib/device/device.ts";
import { UsageError } from "../../../lib/errors.ts";
import { exportEncoder, type ExportOptions } from "../../../lib/interop/export_encoder.ts";
import { VERSION } from "../../../lib/interop/export_metadata.ts";
import { decodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { namedWeights } from "../../../lib/nn/weights.ts";
import { loadEncoderWeights } from "../../../lib/train/load_encoder.ts";
import { loadHead } from "../../../lib/commands/export_run.ts";
import { inFolder } from "../../support/folders.ts";
import { runOnnx } from "../../support/onnxruntime.ts";
import { normalize } from "../../../lib/views/normalize.ts";
import { conv, difference, head, outputOf, residual } from "./networks.ts";

async function optionsOf(cwd: string, model: tf.LayersModel): Promise<ExportOptions> {
  await Deno.writeTextFile(`${cwd}/checkpoint-1.safetensors`, "");
  return {
    format: "safetensors",
    path: `${cwd}/encoder.safetensors`,
    source: `${cwd}/checkpoint-1.safetensors`,
    encoder: { model, dim: model.outputs[0].shape[1]!, anySize: true },
    fold: false,
    pixels: false,
    batchesTracked: 3,
    dataset: { shape: [8, 8, 1], mean: [0.25], std: [0.5] },
    datasetName: "stripes",
    encoderName: "conv",
    encoderOptions: { grid: 2 },
  };
}

async function weightsOf(model: tf.LayersModel): Promise<unknown> {
  const weights = [...namedWeights(model)];
  return await Promise.all(weights.map(async ([name, value]) => [name, await value.data()]));
}

Deno.test("an export says what the encoder is and how its images are made", async () => {
  await openDevice("wasm");
  await inFolder(async (cwd) => {
    const options = await optionsOf(cwd, conv(1, 2));
    const { bytes, replaced, onlySize } = await exportEncoder(options);
    const file = await Deno.readFile(options.path);
    assertEquals([bytes, replaced, onlySize], [file.length, false, undefined]);
    assertEquals(decodeSafetensors(file, options.path).metadata, {
      format: "pt",
      tauplus: VERSION,
      encoder: "conv",
      encoder_options: '{"grid":2}',
      dataset: "stripes",
      input_shape: "[8,8,1]",
      normalization: "(pixel / 255 - mean) / std, per channel",
      mean: "[0.25]",
      std: "[0.5]",
      dim: "24",
      folded: "false",
      feature_order: '["height","width","channel"]',
    });
    const again = await exportEncoder({ ...options, format: "tfjs", path: `${cwd}/tfjs` });
    assertEquals(again.onlySize, [8, 8]);
    assertEquals((await exportEncoder(options)).replaced, true);
    options.encoder.model.dispose();
  });
});

Deno.test("what is exported under PyTorch's names comes back to the bit, the head too", async () => {
  await openDevice("wasm");
  await inFolder(async (cwd) => {
    const make = () => residual({ block: "basic", depths: [1, 1], stem: "small", channels: 1 });
    const [model, other, projection] = [make(), make(), head(128)];
    const options = { ...await optionsOf(cwd, model), head: projection };
    for (const format of ["safetensors", "pth-names"] as const) {
      const path = `${cwd}/${format}.safetensors`;
      await exportEncoder({ ...options, format, path });
      for (const weight of namedWeights(other).values()) weight.assign(weight.zerosLike());
      await loadEncoderWeights(path, other);
      assertEquals(await weightsOf(other), await weightsOf(model));
      assertEquals(await batchesTracked(path), 3);
      const loaded = await loadHead(path);
      assertEquals(await weightsOf(loaded), await weightsOf(projection));
      loaded.dispose();
    }
    for (const used of [model, other, projection]) used.dispose();
  });
});

Deno.test("with pixels the network has the dataset's own normalization", async () => {
  await openDevice("wasm");
  await inFolder(async (cwd) => {
    const model = conv(1);
    const path = `${cwd}/encoder.onnx`;
    const options = { ...await optionsOf(cwd, model), path, format: "onnx", pixels: true } as const;
    await exportEncoder(options);
    const pixels = Uint8Array.from({ length: 2 * 8 * 8 }, (_, i) => i * 37);
    const { shape, mean, std } = options.dataset;
    const data = normalize(pixels, shape, mean, std);
    const [{ feature }] = await runOnnx(await Deno.readFile(path), [{
      shape: [2, 1, 8, 8],
      data: pixels,
    }]);
    const error = difference(feature, await outputOf({ data, shape: [2, 8, 8, 1] }, model));
    assert(error < 1e-5, `${error}`);
    model.dispose();
  });
});

Deno.test("what a form cannot hold is refused by name, before anything is written", async () => {
  await openDevice("wasm");
  await inFolder(async (cwd) => {
    const [plain, pooled, projection] = [
      conv(1),
      residual({ block: "basic", depths: [1], stem: "imagenet", channels: 1 }),
      head(6),
    ];
    const options = await optionsOf(cwd, plain);
    const refused = async (change: Partial<ExportOptions>, message: string) => {
      const promise = () => exportEncoder({ ...options, format: "pth-names", ...change });
      await assertRejects(promise, UsageError, message);
    };
    await refused({}, "the reference's checkpoints have a projection head, and this one must");
    await refused(
      { head: projection, fold: true },
      "the reference's model has its batch norms. Leave out --fold.",
    );
    await refused(
      { pixels: true },
      "export with --pixels as pth-names: this format holds weights only",
    );
    const encoder = { model: pooled, dim: 64, anySize: true };
    await refused(
      { encoder, head: head(64) },
      "export the layer maxpool: the reference's model has no",
    );
    await refused(
      { format: "onnx", path: options.source },
      "it must not replace the weights that are read",
    );
    assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name), ["checkpoint-1.safetensors"]);
    for (const model of [plain, pooled, projection]) model.dispose();
  });
});
