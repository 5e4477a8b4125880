/** What the tests of exports share: small networks of all layers, with weights that are no defaults. */
import * as tf from "@tensorflow/tfjs";
import { applyLayer } from "../../../lib/nn/conv.ts";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import { resnet, type ResNetOptions } from "../../../lib/nn/resnet.ts";
import { namedWeights } from "../../../lib/nn/weights.ts";
import { closedForm, closedWeight, STILL } from "../../support/closed_form.ts";
import { forward } from "../nn/forward.ts";

/** A model whose kernels, γ, β and running statistics are all different. */
export function settled<M extends tf.LayersModel>(model: M): M {
  for (const [name, variable] of namedWeights(model)) {
    tf.tidy(() => variable.assign(tf.tensor(closedWeight(name, variable.shape), variable.shape)));
  }
  return model;
}

/** The plain network, with cells of a grid where one is given. */
export function conv(channels: number, grid?: number): tf.LayersModel {
  return settled(
    convNet(channels, [{ width: 4, stride: 1 }, { width: 6, stride: 2 }], STILL, grid),
  );
}

/** A residual network. */
export function residual(options: ResNetOptions): tf.LayersModel {
  return settled(resnet(options, STILL));
}

/** A projection head. */
export function head(inputDim: number): tf.LayersModel {
  return settled(projectionHead(inputDim, 5, 0, { hidden: 7 }));
}

/** A third party's sequence of other layers, for images of 11×9 alone. */
export function sequence(): tf.LayersModel {
  const { layers } = tf;
  return settled(tf.sequential({
    layers: [
      layers.conv2d({
        name: "first",
        inputShape: [11, 9, 2],
        filters: 4,
        kernelSize: [4, 3],
        padding: "same",
        activation: "tanh",
      }),
      // Other than those of a padded pooling, these zeros count.
      layers.zeroPadding2d({ name: "zeros", padding: [[1, 0], [2, 1]] }),
      layers.averagePooling2d({ name: "smooth", poolSize: 3, strides: 1 }),
      layers.conv2d({ name: "odd", filters: 5, kernelSize: 3, strides: 2, padding: "same" }),
      layers.batchNormalization({ name: "norm", scale: false }),
      layers.activation({ name: "elu", activation: "elu" }),
      layers.averagePooling2d({ name: "means", poolSize: 2, strides: 2, padding: "same" }),
      layers.dropout({ name: "dropout", rate: 0.5 }),
      layers.flatten({ name: "flat" }),
      layers.dense({ name: "dense", units: 6, activation: "relu" }),
    ],
  }));
}

/** A third party's graph: two branches of any size, joined. */
export function branches(): tf.LayersModel {
  const { layers } = tf;
  const input = tf.input({ shape: [null, null, 2], name: "picture" });
  const left = applyLayer(
    layers.conv2d({ name: "left", filters: 3, kernelSize: 3, dilationRate: 2, padding: "same" }),
    input,
  );
  const right = applyLayer(
    layers.conv2d({ name: "right", filters: 3, kernelSize: 1, useBias: false }),
    input,
  );
  const joined = applyLayer(layers.concatenate({ name: "joined" }), [left, right]);
  const clipped = applyLayer(layers.reLU({ name: "clipped", maxValue: 0.5 }), joined);
  return settled(tf.model({
    inputs: input,
    outputs: applyLayer(
      layers.globalMaxPooling2d({ name: "feature", dataFormat: "channelsLast" }),
      clipped,
    ),
  }));
}

/** Images [batch, height, width, channels]. */
export interface Images {
  readonly data: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/** Images in [−1, 1). */
export function images(...shape: [number, number, number, number]): Images {
  return { data: closedForm("images", shape.reduce((a, b) => a * b)), shape };
}

/** The same images as [batch, channels, height, width]. */
export async function channelsFirst({ data, shape }: Images): Promise<Float32Array> {
  const turned = tf.tidy(() => tf.tensor(data, [...shape]).transpose([0, 3, 1, 2]));
  const values = await turned.data<"float32">();
  turned.dispose();
  return values;
}

/** What models give, one after the other, in evaluation mode. */
export async function outputOf(
  { data, shape }: Images,
  ...models: tf.LayersModel[]
): Promise<Float32Array> {
  const output = tf.tidy(() =>
    models.reduce<tf.Tensor>((x, model) => forward(model, x, false), tf.tensor(data, [...shape]))
  );
  const values = await output.data<"float32">();
  output.dispose();
  return values;
}

/** The largest difference, relative to the largest of the second. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} values are not ${b.length}`);
  let [apart, largest] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs(a[i] - b[i]);
    if (Number.isNaN(distance)) return NaN;
    apart = Math.max(apart, distance);
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return apart / largest;
}
