/**
 * One training step (forward, backward, Adam) of two views of 256 images 28×28×1 through
 * conv 16-32-64-128 (3×3, strides 1, 2, 2, 2) with batch norm and ReLU, the mean over the image and a
 * head 512 → 128, under NT-Xent, on every device this machine has.
 */
import * as tf from "@tensorflow/tfjs";
import { type DeviceName, openDevice } from "../lib/device/device.ts";
import { findAdapter } from "../lib/device/webgpu.ts";
import { BatchNorm } from "../lib/nn/batch_norm.ts";

const BATCH = 256;

function encoder(): tf.Sequential {
  const block = (filters: number, strides: number, inputShape?: number[]) => [
    tf.layers.conv2d({
      filters,
      kernelSize: 3,
      strides,
      padding: "same",
      useBias: false,
      inputShape,
    }),
    new BatchNorm(),
    tf.layers.reLU(),
  ];
  return tf.sequential({
    layers: [
      ...block(16, 1, [28, 28, 1]),
      ...block(32, 2),
      ...block(64, 2),
      ...block(128, 2),
      tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }),
      tf.layers.dense({ units: 512, useBias: false }),
      new BatchNorm(),
      tf.layers.reLU(),
      tf.layers.dense({ units: 128 }),
    ],
  });
}

/** NT-Xent at temperature 0.5, dense. */
function ntXent(a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar {
  const z = tf.concat2d([a, b], 0);
  const others = tf.sub(1, tf.eye(2 * BATCH));
  const sums = tf.matMul(z, z, false, true).mul(2).exp().mul(others).sum(1);
  const positive = a.mul(b).sum(1).mul(2);
  return sums.log().mean().sub(positive.mean()).asScalar();
}

const names: DeviceName[] = await findAdapter() ? ["wasm", "webgpu"] : ["wasm"];
for (const name of names) {
  const device = await openDevice(name);
  const model = encoder();
  const adam = tf.train.adam(1e-3);
  const views = [0, 1].map((seed) =>
    tf.randomUniform<tf.Rank.R4>([BATCH, 28, 28, 1], 0, 1, "float32", seed)
  );
  const unit = (image: tf.Tensor4D) => {
    const y = model.apply(image, { training: true });
    if (!(y instanceof tf.Tensor)) throw new TypeError("the encoder has one output");
    return y.div(y.norm(2, 1, true)).as2D(BATCH, 128);
  };
  Deno.bench(`step on ${name}: ${device.description}`, { n: 3, warmup: 1 }, async () => {
    await tf.setBackend(device.backend);
    const loss = adam.minimize(() => ntXent(unit(views[0]), unit(views[1])), true);
    await loss?.data();
    loss?.dispose();
  });
}
