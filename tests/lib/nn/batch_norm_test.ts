import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TrainingError } from "../../../lib/errors.ts";
import { BatchNorm } from "../../../lib/nn/batch_norm.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import {
  assertClose,
  batchNorm,
  batchNormGradient,
  differences,
  dot,
  normalize,
  statistics,
  type Values,
} from "./reference.ts";

const SHAPES = [[7, 3], [2, 1], [3, 4, 5, 2], [2, 3, 3, 5], [4, 1, 1, 8], [1, 3, 2, 4]];

testOnDevices("training normalizes by the biased variance of the batch", async () => {
  for (const shape of SHAPES) {
    const { x, gamma, beta } = example(shape, 0.3, 2);
    const layer = layerWith(shape, gamma, beta);
    const y = train(layer, tensor(x, shape));
    assertClose(await y.data(), batchNorm(x, gamma, beta), 1e-5);
    tf.dispose([y, layer.weights.map((weight) => weight.read())]);
  }
});

testOnDevices("the running statistics take a tenth of the unbiased variance", async () => {
  for (const shape of SHAPES) {
    const { x, gamma, beta } = example(shape, -1, 3);
    const layer = layerWith(shape, gamma, beta);
    train(layer, tensor(x, shape)).dispose();
    train(layer, tensor(x, shape)).dispose();
    const [, , mean, variance] = layer.weights.map((weight) => weight.read());
    const batch = statistics(x, gamma.length);
    const rows = x.length / gamma.length;
    assertClose(await mean.data(), batch.mean.map((m) => 0.19 * m), 1e-5);
    const unbiased = batch.variance.map((v) => 0.81 + 0.19 * v * rows / (rows - 1));
    assertClose(await variance.data(), unbiased, 1e-4);
    tf.dispose(layer.weights.map((weight) => weight.read()));
  }
});

testOnDevices("the gradients of training are those of finite differences in float64", async () => {
  for (const shape of SHAPES) {
    const { x, gamma, beta, weights } = example(shape, 0.5, 1.5);
    const layer = layerWith(shape, gamma, beta);
    const [dx, dgamma, dbeta] = gradients(layer, true, tensor(x, shape), tensor(weights, shape));
    const loss = (x: Values, gamma: Values, beta: Values) =>
      dot(batchNorm(x, gamma, beta), weights);
    assertClose(await dx.data(), differences((x) => loss(x, gamma, beta), x), 2e-5);
    assertClose(await dgamma.data(), differences((gamma) => loss(x, gamma, beta), gamma), 2e-5);
    assertClose(await dbeta.data(), differences((beta) => loss(x, gamma, beta), beta), 2e-5);
    tf.dispose([dx, dgamma, dbeta, layer.weights.map((weight) => weight.read())]);
  }
});

testOnDevices("a mean a thousand times the standard deviation costs few digits", async () => {
  const shape = [16, 8, 8, 3];
  const { x, gamma, beta, weights } = example(shape, 1000, 1);
  const layer = layerWith(shape, gamma, beta);
  const y = train(layer, tensor(x, shape));
  assertClose(await y.data(), batchNorm(x, gamma, beta), 1e-3);
  const [dx] = gradients(layer, true, tensor(x, shape), tensor(weights, shape));
  assertClose(await dx.data(), batchNormGradient(x, gamma, weights), 1e-3);
  const [, , , variance] = layer.weights.map((weight) => weight.read());
  const batch = statistics(x, 3);
  const unbiased = batch.variance.map((v) => 0.81 + 0.19 * v * 1024 / 1023);
  assertClose(await variance.data(), unbiased, 1e-4);
  tf.dispose([y, dx, layer.weights.map((weight) => weight.read())]);
});

testOnDevices("evaluation uses the running statistics and does not change them", async () => {
  for (const shape of SHAPES) {
    const { x, gamma, beta, weights } = example(shape, 0.3, 2);
    const layer = layerWith(shape, gamma, beta);
    train(layer, tensor(x, shape)).dispose();
    const [, , mean, variance] = await Promise.all(
      layer.weights.map(async (weight) => Float64Array.from(await weight.read().data())),
    );
    const y = tf.tidy(() => layer.call(tensor(x, shape), {}));
    const evaluate = (x: Values, gamma: Values, beta: Values) =>
      normalize(x, mean, variance, gamma, beta);
    assertClose(await y.data(), evaluate(x, gamma, beta), 1e-5);
    const [dx, dgamma, dbeta] = gradients(layer, false, tensor(x, shape), tensor(weights, shape));
    const loss = (x: Values, gamma: Values, beta: Values) => dot(evaluate(x, gamma, beta), weights);
    assertClose(await dx.data(), differences((x) => loss(x, gamma, beta), x), 2e-5);
    assertClose(await dgamma.data(), differences((gamma) => loss(x, gamma, beta), gamma), 2e-5);
    assertClose(await dbeta.data(), differences((beta) => loss(x, gamma, beta), beta), 2e-5);
    assertEquals(Float64Array.from(await layer.weights[2].read().data()), mean);
    tf.dispose([y, dx, dgamma, dbeta, layer.weights.map((weight) => weight.read())]);
  }
});

testOnDevices("training and its gradient leave no tensors behind", () => {
  const shape = [2, 3, 3, 4];
  const { x, gamma, beta, weights } = example(shape, 0, 1);
  const layer = layerWith(shape, gamma, beta);
  const before = tf.memory().numTensors;
  for (const training of [true, false]) {
    tf.dispose(gradients(layer, training, tensor(x, shape), tensor(weights, shape)));
  }
  assertEquals(tf.memory().numTensors, before);
  tf.dispose(layer.weights.map((weight) => weight.read()));
});

testOnDevices("training with one value per channel is refused", () => {
  const layer = layerWith([1, 2], [1, 1], [0, 0]);
  const error = assertThrows(() => train(layer, tf.zeros([1, 2])), TrainingError);
  assertStringIncludes(
    error.message,
    'two or more values per channel, got "the shape 1,2"',
  );
  tf.dispose(layer.weights.map((weight) => weight.read()));
});

/** Values rounded to float32, so that the reference starts from what the device is given. */
function example(shape: number[], mean: number, std: number) {
  const random = rng(1, ...shape);
  const draw = (length: number, mean: number, std: number) =>
    Array.from({ length }, () => Math.fround(mean + std * random.normal()));
  const channels = shape.at(-1)!;
  const size = shape.reduce((a, b) => a * b);
  return {
    x: draw(size, mean, std),
    gamma: draw(channels, 1, 0.5),
    beta: draw(channels, 0, 1),
    weights: draw(size, 0, 1),
  };
}

function layerWith(shape: number[], gamma: number[], beta: number[]): BatchNorm {
  const layer = new BatchNorm();
  layer.build(shape);
  tf.tidy(() => {
    layer.weights[0].write(tf.tensor1d(gamma));
    layer.weights[1].write(tf.tensor1d(beta));
  });
  return layer;
}

const tensor = (values: number[], shape: number[]) => tf.tensor(values, shape);

function train(layer: BatchNorm, x: tf.Tensor): tf.Tensor {
  const y = layer.call(x, { training: true });
  x.dispose();
  return y;
}

/** Gradients of Σ y·weights in x, γ and β. */
function gradients(layer: BatchNorm, training: boolean, x: tf.Tensor, weights: tf.Tensor) {
  const [gamma, beta] = layer.weights.map((weight) => weight.read());
  const result = tf.grads((x: tf.Tensor) => layer.call(x, { training }).mul(weights).sum())(
    [x, gamma, beta],
  );
  tf.dispose([x, weights]);
  return result;
}
