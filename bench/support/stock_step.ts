/**
 * A whole step as a user of TensorFlow.js writes it: stock layers, the dense loss of the reference
 * code, the stock Adam.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { CONV, HEAD, LEARNING_RATE, LOSS, type StepSpec, stepViews } from "./steps.ts";

/** Builds the network on the current backend; each call of the result is one step, and its loss. */
export function stockStep(spec: StepSpec): () => tf.Scalar {
  const image = tf.input({ shape: [spec.size, spec.size, 3] });
  const features = spec.encoder === "conv" ? convFeatures(image) : resnetFeatures(image);
  let x = apply(tf.layers.dense({ units: HEAD.hidden, useBias: false }), features);
  x = apply(tf.layers.reLU(), apply(tf.layers.batchNormalization(), x));
  const model = tf.model({
    inputs: image,
    outputs: apply(tf.layers.dense({ units: HEAD.out }), x),
  });
  const adam = tf.train.adam(LEARNING_RATE);
  const views = stepViews(spec);
  const mask = tf.keep(negativeMask(spec.batch));
  const embed = (view: Float32Array) => {
    const images = tf.tensor4d(view, [spec.batch, spec.size, spec.size, 3]);
    const rows = model.apply(images, { training: true });
    if (!(rows instanceof tf.Tensor)) throw new TypeError("the model has one output");
    return rows.div<tf.Tensor2D>(rows.norm(2, 1, true));
  };
  return () => {
    const loss = adam.minimize(() => denseDebiased(embed(views[0]), embed(views[1]), mask), true);
    if (!loss) throw new TypeError("minimize gives the loss");
    return loss;
  };
}

/** 1 but for the row itself and its positive, [2·batch, 2·batch]. */
export function negativeMask(batch: number): tf.Tensor2D {
  return tf.tidy(() => tf.sub(1, tf.tile(tf.eye(batch), [2, 2])));
}

/**
 * The debiased loss with all pairs at once: −ln(pos / (pos + Ng)), Ng = max((Σ neg − τ⁺·N·pos) /
 * (1 − τ⁺), N·e^(−1/t)), for two views [batch, dim] of unit rows.
 */
export function denseDebiased(a: tf.Tensor2D, b: tf.Tensor2D, mask: tf.Tensor2D): tf.Scalar {
  const { temperature, tauPlus } = LOSS;
  const z = tf.concat2d([a, b], 0);
  const negatives = tf.matMul(z, z, false, true).div(temperature).exp().mul(mask).sum(1);
  const positive = a.mul(b).sum(1).div(temperature).exp();
  const both = tf.concat([positive, positive]);
  const count = mask.shape[0] - 2;
  const estimate = negatives.sub(both.mul(tauPlus * count)).div(1 - tauPlus)
    .maximum(count * Math.exp(-1 / temperature));
  return both.div(both.add(estimate)).log().mean().neg().asScalar();
}

function convFeatures(image: tf.SymbolicTensor): tf.SymbolicTensor {
  const last = CONV.widths.reduce((x, filters, i) => convBlock(x, filters, CONV.strides[i]), image);
  return apply(tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }), last);
}

/** ResNet-18 for small images: 3×3 at stride 1, no max-pool; two basic blocks in each of 4 stages. */
function resnetFeatures(image: tf.SymbolicTensor): tf.SymbolicTensor {
  let x = convBlock(image, 64, 1);
  for (const [stage, width] of [64, 128, 256, 512].entries()) {
    for (let block = 0; block < 2; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const branch = normalized(convBlock(x, width, stride), width, 3, 1);
      const shortcut = stride === 1 ? x : normalized(x, width, 1, 2);
      x = apply(tf.layers.reLU(), apply(tf.layers.add(), [branch, shortcut]));
    }
  }
  return apply(tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }), x);
}

function convBlock(x: tf.SymbolicTensor, filters: number, strides: number): tf.SymbolicTensor {
  return apply(tf.layers.reLU(), normalized(x, filters, 3, strides));
}

function normalized(
  x: tf.SymbolicTensor,
  filters: number,
  kernelSize: number,
  strides: number,
): tf.SymbolicTensor {
  const options = { filters, kernelSize, strides, padding: "same", useBias: false } as const;
  return apply(tf.layers.batchNormalization(), apply(tf.layers.conv2d(options), x));
}

function apply(
  layer: tf.layers.Layer,
  x: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  const y = layer.apply(x);
  if (!(y instanceof tf.SymbolicTensor)) throw new TypeError(`${layer.name} has one output`);
  return y;
}
