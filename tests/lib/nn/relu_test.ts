import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { addRelu as addReluLayers, batchNormRelu } from "../../../lib/nn/conv.ts";
import { addRelu } from "../../../lib/nn/relu.ts";
import { rng } from "../../../lib/random.ts";
import { checkKernel } from "../../support/check_kernel.ts";
import { testOnDevices } from "../../support/devices.ts";
import { forward } from "./forward.ts";
import { assertClose } from "./reference.ts";

testOnDevices("max(a + b, 0) and its gradients are those of float64", async (device) => {
  for (const shape of [[1], [3, 5], [4, 1, 64], [2, 3, 7, 5], [5, 13, 8]]) {
    await checkKernel(device, {
      inputs: [normals(shape, 1), normals(shape, 2)],
      run: (a, b) => addRelu(a, b),
      reference: (a, b) => a.map((a, i) => Math.max(a + b[i], 0)),
      tolerance: 1e-6,
    });
  }
});

testOnDevices("the sum of a tensor and itself has twice its gradient", async () => {
  const x = tf.tensor1d([-1, 0.5, 2]);
  const dx = tf.grad((x: tf.Tensor) => addRelu(x, x))(x, tf.tensor1d([1, 2, 3]));
  assertEquals([...await dx.data()], [0, 4, 6]);
  tf.dispose([x, dx]);
});

testOnDevices("a NaN stays one", async () => {
  const x = tf.tensor1d([NaN, 1]);
  const y = tf.tidy(() => addRelu(x, x));
  assertEquals([...await y.data()], [NaN, 2]);
  tf.dispose([x, y]);
});

testOnDevices("a model of both pairs gives what stock layers of its saved form give", async () => {
  const input = tf.input({ shape: [4, 4, 3] });
  const x = batchNormRelu(input, "bn1", "relu1");
  const y = addReluLayers([x, batchNormRelu(x, "bn2", "relu2")], "add", "relu3");
  const model = tf.model({ inputs: input, outputs: y });
  const random = rng(4);
  tf.tidy(() =>
    model.setWeights(
      model.getWeights().map((weight) =>
        tf.tensor(
          Array.from({ length: weight.size }, () => 1.5 + random.normal() / 4),
          weight.shape,
        )
      ),
    )
  );
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(tf.io.withSaveHandler((artifacts) => {
    saved = artifacts;
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" },
    });
  }));
  const stock = await tf.loadLayersModel(tf.io.fromMemory(saved!));
  assertEquals(stock.layers.map((layer) => layer.getClassName()), [
    "InputLayer",
    "BatchNormalization",
    "ReLU",
    "BatchNormalization",
    "ReLU",
    "Add",
    "ReLU",
  ]);
  const { shape, values } = normals([5, 4, 4, 3], 3);
  const images = tf.tensor(values, shape);
  for (const training of [false, true]) {
    const [ours, theirs] = [model, stock].map((model) => forward(model, images, training));
    assertClose(await ours.data(), await theirs.data(), 1e-5);
    tf.dispose([ours, theirs]);
  }
  tf.dispose(images);
  model.dispose();
  stock.dispose();
});

function normals(shape: number[], seed: number): { shape: number[]; values: number[] } {
  const random = rng(6, seed, ...shape);
  const size = shape.reduce((a, b) => a * b);
  return { shape, values: Array.from({ length: size }, () => Math.fround(random.normal())) };
}
