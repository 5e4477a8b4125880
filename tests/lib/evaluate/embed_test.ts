import { assertEquals, assertRejects } from "@std/assert";
import { DataError, TrainingError } from "../../../lib/errors.ts";
import { guard } from "../../../lib/guard.ts";
import { embed } from "../../../lib/evaluate/embed.ts";
import { featureRows } from "../../../lib/evaluate/features.ts";
import { decodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { testOnDevices } from "../../support/devices.ts";
import { denseEncoder, imageDataset, imageSplit } from "./parts.ts";

testOnDevices(
  "a split goes to a file with its labels, indices and names, and nothing else is left",
  async (device) => {
    const { labels: _, ...unlabeled } = imageSplit(5, 3);
    const dataset = imageDataset({ train: imageSplit(9, 1, 4), unlabeled });
    const folder = await Deno.makeTempDir();
    const options = {
      device,
      encoder: guard({ kind: "encoder", name: "dense" }, denseEncoder(device)),
      dataset: guard({ kind: "dataset", name: "stripes" }, dataset),
      batchSize: 4,
    };
    const before = device.tf.memory().numTensors;
    const read = async (split: string) => {
      const path = `${folder}/${split}.safetensors`;
      const size = await embed({ ...options, split, path });
      return { size, ...decodeSafetensors(await Deno.readFile(path), path) };
    };
    const indices = Int32Array.from(Array(9).keys());
    const { size, metadata, tensors } = await read("train");
    assertEquals(size, { length: 9, dim: 5 });
    assertEquals(metadata, { dataset: "stripes", split: "train", encoder: "dense" });
    assertEquals(Object.fromEntries(tensors), {
      features: {
        dtype: "F32",
        shape: [9, 5],
        data: await featureRows({ ...options, split: "train" }, indices),
      },
      labels: { dtype: "I32", shape: [9], data: Int32Array.of(0, -1, 2, 0, 1, -1, 0, 1, 2) },
      indices: { dtype: "I32", shape: [9], data: indices },
    });
    const { tensors: other } = await read("unlabeled");
    assertEquals(other.get("labels")?.data, new Int32Array(5).fill(-1));
    assertEquals([...Deno.readDirSync(folder)].length, 2);
    assertEquals(device.tf.memory().numTensors, before);
    options.encoder.model.dispose();
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices("a split or a path that fails leaves no file", async (device) => {
  const folder = await Deno.makeTempDir();
  const { tf } = device;
  const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [4, 4, 1] })] });
  const broken = { ...imageSplit(4, 1), read: () => new Float32Array(64).fill(NaN) };
  const options = {
    device,
    // Without a ReLU, which turns NaN to 0 on some devices.
    encoder: { model, dim: 16, anySize: false },
    dataset: imageDataset({ train: imageSplit(4, 1), broken }),
    batchSize: 4,
  };
  await assertRejects(
    () => embed({ ...options, split: "broken", path: `${folder}/a.safetensors` }),
    TrainingError,
    "every value of example 0 must be finite, got NaN",
  );
  await assertRejects(
    () => embed({ ...options, split: "train", path: `${folder}/none/a.safetensors` }),
    DataError,
    "Cannot write",
  );
  assertEquals([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder, { recursive: true });
});
