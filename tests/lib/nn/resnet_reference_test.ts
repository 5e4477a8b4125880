import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals } from "@std/assert";
import { resnet } from "../../../lib/nn/resnet.ts";
import { trainableWeights } from "../../../lib/nn/weights.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { forward } from "./forward.ts";
import { assertClose, batchNorm, convolve, dot, type Images, spatialMean } from "./reference.ts";

const SHAPE: [number, number, number, number] = [3, 9, 8, 1];

type Weights = Map<string, ArrayLike<number>>;

testOnDevices("features and gradient are those of a residual network in float64", async () => {
  for (const block of ["basic", "bottleneck"] as const) {
    const options = { block, depths: [1, 1], stem: "imagenet", channels: 1 } as const;
    const model = resnet(options, rng(2));
    const random = rng(3);
    const draw = (length: number) => Array.from({ length }, () => Math.fround(random.normal()));
    const pixels = draw(SHAPE.reduce((a, b) => a * b));
    const convs = block === "basic" ? [3, 3] : [1, 3, 1];
    const network = (weights: Weights) => reference(weights, { data: pixels, shape: SHAPE }, convs);

    const variables = [...trainableWeights(model)];
    const weights: Weights = new Map();
    for (const [name, variable] of variables) weights.set(name, await variable.data());
    const x = tf.tensor4d(pixels, SHAPE);
    const features = forward(model, x, true);
    assertClose(await features.data(), network(weights), 1e-4);

    // The loss is a random projection of the features; the gradient is tried along one direction.
    const projection = draw(features.size);
    const projected = tf.tensor2d(projection, features.shape);
    const { value, grads } = tf.variableGrads(
      () => forward(model, x, true).mul(projected).sum().asScalar(),
      variables.map(([, variable]) => variable),
    );
    const direction: Weights = new Map();
    let predicted = 0;
    for (const [name, variable] of variables) {
      // About the size of the weights themselves, so that every layer counts.
      const scale = Math.sqrt(2 / (variable.rank === 4 ? variable.shape[3]! * 9 : 2));
      direction.set(name, draw(variable.size).map((value) => value * scale));
      predicted += dot(await grads[variable.name].data(), direction.get(name)!);
    }
    const moved = (step: number) =>
      new Map([...weights].map(([name, values]) => {
        const along = direction.get(name)!;
        return [name, Float64Array.from(values, (value, i) => value + step * along[i])];
      }));
    const loss = (step: number) => dot(network(moved(step)), projection);
    const step = 1e-7;
    const slope = (loss(step) - loss(-step)) / (2 * step);
    assertAlmostEquals(predicted, slope, 1e-3 * Math.abs(slope));
    tf.dispose([x, features, projected, value, grads]);
    model.dispose();
  }
});

/** Two stages of one block each behind the stem of imagenet; `convs` are a block's kernel sizes. */
function reference(weights: Weights, image: Images, convs: number[]): Float64Array {
  const conv = (x: Images, name: string, k: number, stride: number) => {
    const kernel = weights.get(`${name}.kernel`)!;
    return convolve(x, kernel, k, kernel.length / (k * k * x.shape[3]), stride);
  };
  const norm = ({ data, shape }: Images, name: string) => ({
    data: batchNorm(data, weights.get(`${name}.gamma`)!, weights.get(`${name}.beta`)!),
    shape,
  });
  const block = (x: Images, name: string, stride: number) => {
    const branch = convs.reduce<Images>((branch, k, i) => {
      // torchvision strides the first 3×3.
      const y = conv(branch, `${name}.conv${i + 1}`, k, i === convs.indexOf(3) ? stride : 1);
      const normal = norm(y, `${name}.bn${i + 1}`);
      return i === convs.length - 1 ? normal : relu(normal);
    }, x);
    const shortcut = weights.has(`${name}.downsample.0.kernel`)
      ? norm(conv(x, `${name}.downsample.0`, 1, stride), `${name}.downsample.1`)
      : x;
    const data = Float64Array.from(branch.data, (value, i) => value + shortcut.data[i]);
    return relu({ data, shape: branch.shape });
  };
  const stem = maxPool(relu(norm(conv(image, "conv1", 7, 2), "bn1")));
  return spatialMean(block(block(stem, "layer1.0", 1), "layer2.0", 2));
}

function relu({ data, shape }: Images): Images {
  return { data: Float64Array.from(data, (value) => Math.max(0, value)), shape };
}

/** 3×3 windows at stride 2, padded by 1. */
function maxPool({ data, shape: [batch, height, width, channels] }: Images): Images {
  const shape = [batch, Math.ceil(height / 2), Math.ceil(width / 2), channels];
  const pooled = new Float64Array(shape.reduce((a, b) => a * b)).fill(-Infinity);
  for (let at = 0; at < pooled.length; at++) {
    const c = at % channels;
    const column = Math.floor(at / channels) % shape[2] * 2;
    const row = Math.floor(at / channels / shape[2]) % shape[1] * 2;
    const image = Math.floor(at / channels / shape[2] / shape[1]);
    for (let i = Math.max(0, row - 1); i <= Math.min(height - 1, row + 1); i++) {
      for (let j = Math.max(0, column - 1); j <= Math.min(width - 1, column + 1); j++) {
        const value = data[((image * height + i) * width + j) * channels + c];
        pooled[at] = Math.max(pooled[at], value);
      }
    }
  }
  return { data: pooled, shape };
}
