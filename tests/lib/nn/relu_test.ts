import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { batchNormAddRelu, batchNormRelu } from "../../../lib/nn/conv.ts";
import { batchNormInference, batchNormTraining } from "../../../lib/nn/batch_norm_functions.ts";
import { rng } from "../../../lib/random.ts";
import { checkKernel } from "../../support/check_kernel.ts";
import { testOnDevices } from "../../support/devices.ts";
import { forward } from "./forward.ts";
import { assertClose, batchNorm } from "./reference.ts";
import { runningStatistics } from "./running_statistics.ts";

const EPSILON = 1e-5;

testOnDevices(
  "max(normalized + residual, 0) and its gradients are those of float64",
  async (device) => {
    for (const shape of [[3, 1], [3, 5], [2, 3, 7, 5], [5, 3, 13, 8]]) {
      const channels = shape.slice(-1);
      const { running, dispose } = runningStatistics(channels[0]);
      await checkKernel(device, {
        inputs: [normals(shape, 1), normals(channels, 2), normals(channels, 3), normals(shape, 4)],
        run: (x, gamma, beta, residual) =>
          batchNormTraining(x, { gamma, beta, epsilon: EPSILON, relu: true, residual }, running),
        reference: (x, gamma, beta, residual) =>
          batchNorm(x, gamma, beta).map((y, i) => Math.max(y + residual[i], 0)),
        tolerance: 1e-4,
      });
      dispose();
    }
  },
);

testOnDevices("images that are their own residual get both gradients", async (device) => {
  const { running, dispose } = runningStatistics(3);
  await checkKernel(device, {
    inputs: [normals([7, 3], 1)],
    run: (x) => {
      const [gamma, beta] = [tf.ones([3]), tf.zeros([3])];
      const options = { gamma, beta, epsilon: EPSILON, relu: true, residual: x };
      return batchNormTraining(x, options, running);
    },
    reference: (x) => batchNorm(x, [1, 1, 1], [0, 0, 0]).map((y, i) => Math.max(y + x[i], 0)),
    tolerance: 1e-4,
  });
  dispose();
});

testOnDevices("a NaN stays one", async () => {
  const y = tf.tidy(() => {
    const [zero, one] = [tf.tensor1d([0]), tf.tensor1d([1])];
    const options = { gamma: one, beta: zero, epsilon: 0, relu: true };
    const residual = tf.tensor2d([[NaN], [1]]);
    return batchNormInference(tf.tensor2d([[1], [1]]), zero, one, { ...options, residual });
  });
  assertEquals([...await y.data()], [NaN, 2]);
  y.dispose();
});

testOnDevices("a model of such layers gives what stock layers of its saved form give", async () => {
  const input = tf.input({ shape: [4, 4, 3] });
  const x = batchNormRelu(input, "bn1", "relu1");
  const y = batchNormAddRelu([batchNormRelu(x, "bn2", "relu2"), x], "bn3", "add", "relu3");
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
    "BatchNormalization",
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
