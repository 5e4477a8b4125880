import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { forward } from "./forward.ts";
import { namedWeights, trainableWeights } from "../../../lib/nn/weights.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import {
  assertClose,
  batchNorm,
  convolve,
  differences,
  dot,
  type Images,
  spatialMean,
} from "./reference.ts";

const SHAPE: [number, number, number, number] = [3, 6, 5, 2];
const STAGES = [{ width: 3, stride: 1 }, { width: 4, stride: 2 }];

testOnDevices("features and all gradients are those of a float64 network", async () => {
  const model = convNet(2, STAGES, rng(3));
  const random = rng(4);
  const draw = (length: number) => Array.from({ length }, () => Math.fround(random.normal()));
  const pixels = draw(3 * 6 * 5 * 2);
  const direction = draw(3 * 4);
  const weights = new Map<string, number[]>();
  for (const [name, variable] of trainableWeights(model)) {
    weights.set(name, [...await variable.data()]);
  }
  const reference = (weights: Map<string, number[]>) =>
    spatialMean(STAGES.reduce<Images>((x, { width, stride }, i) => {
      const of = (name: string) => weights.get(name)!;
      const conv = convolve(x, of(`conv${i + 1}.kernel`), 3, width, stride);
      const normal = batchNorm(conv.data, of(`bn${i + 1}.gamma`), of(`bn${i + 1}.beta`));
      return { data: normal.map((value) => Math.max(0, value)), shape: conv.shape };
    }, { data: pixels, shape: SHAPE }));

  const x = tf.tensor4d(pixels, SHAPE);
  const features = forward(model, x, true);
  assertClose(await features.data(), reference(weights), 1e-5);
  const { value, grads } = step(model, x, tf.tensor2d(direction, [3, 4]));
  for (const [name, variable] of trainableWeights(model)) {
    const expected = differences(
      (values) => dot(reference(new Map(weights).set(name, values)), direction),
      weights.get(name)!,
    );
    assertClose(await grads[variable.name].data(), expected, 1e-4);
  }
  tf.dispose([x, features, value, grads]);
  model.dispose();
});

testOnDevices("a training step leaves no tensors behind", () => {
  const model = convNet(2, STAGES, rng(3));
  const run = () => {
    const x = tf.ones(SHAPE);
    const { value, grads } = step(model, x, tf.ones([3, 4]));
    tf.dispose([x, value, grads]);
  };
  run();
  const before = tf.memory().numTensors;
  run();
  assertEquals(tf.memory().numTensors, before);
  model.dispose();
});

testOnDevices("the first weights depend on the seed alone", async () => {
  const [a, b, c] = [rng(7), rng(7), rng(8)].map((random) => convNet(1, STAGES, random));
  const read = (model: tf.LayersModel) => {
    const entries = [...namedWeights(model)];
    return Promise.all(entries.map(async ([name, value]) => [name, ...await value.data()]));
  };
  assertEquals(await read(a), await read(b));
  const [first, other] = [await read(a), await read(c)];
  assertEquals(first.map(([name]) => name), other.map(([name]) => name));
  assertEquals(first[0][1] === other[0][1], false);
  for (const model of [a, b, c]) model.dispose();
});

/** The gradient of Σ features·direction. */
function step(model: tf.LayersModel, x: tf.Tensor, direction: tf.Tensor) {
  const result = tf.variableGrads(
    () => forward(model, x, true).mul(direction).sum().asScalar(),
    [...trainableWeights(model).values()],
  );
  direction.dispose();
  return result;
}
