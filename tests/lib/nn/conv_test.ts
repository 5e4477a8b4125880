import * as tf from "@tensorflow/tfjs";
import { assertEquals } from "@std/assert";
import { conv2d, globalAveragePool, maxPool } from "../../../lib/nn/conv.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { assertClose, convolve, spatialMean } from "./reference.ts";

const SIZES = [[4, 4], [5, 5], [6, 7], [7, 6], [1, 2]];

testOnDevices("a convolution pads the same on both sides at every stride and size", async () => {
  for (const kernelSize of [1, 3, 7]) {
    for (const stride of [1, 2]) {
      const input = tf.input({ shape: [null, null, 2] });
      const output = conv2d(input, { name: "conv", filters: 3, kernelSize, stride });
      const model = tf.model({ inputs: input, outputs: output });
      const kernel = normals(kernelSize * kernelSize * 2 * 3);
      tf.tidy(() => model.setWeights([tf.tensor(kernel, [kernelSize, kernelSize, 2, 3])]));
      for (const [height, width] of SIZES) {
        const shape = [2, height, width, 2];
        const data = normals(2 * height * width * 2);
        const y = predict(model, data, shape);
        const expected = convolve({ data, shape }, kernel, kernelSize, 3, stride);
        assertEquals(y.shape, [...expected.shape]);
        assertClose(await y.data(), expected.data, 1e-5);
        y.dispose();
      }
      model.dispose();
    }
  }
});

testOnDevices("the max-pool takes 3x3 windows at stride 2 around every second pixel", async () => {
  const input = tf.input({ shape: [null, null, 1] });
  const model = tf.model({ inputs: input, outputs: maxPool(input, "maxpool") });
  const y = predict(model, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [1, 4, 4, 1]);
  assertEquals(y.shape, [1, 2, 2, 1]);
  assertEquals([...await y.data()], [6, 8, 14, 16]);
  tf.dispose([y, model.weights.map((weight) => weight.read())]);
});

testOnDevices("the global pool is the mean of each channel of each image", async () => {
  const input = tf.input({ shape: [null, null, 3] });
  const model = tf.model({ inputs: input, outputs: globalAveragePool(input, "avgpool") });
  const shape = [2, 3, 5, 3];
  const data = normals(90);
  const y = predict(model, data, shape);
  assertClose(await y.data(), spatialMean({ data, shape }), 1e-5);
  y.dispose();
});

function predict(model: tf.LayersModel, data: number[], shape: number[]): tf.Tensor {
  return tf.tidy(() => model.predictOnBatch(tf.tensor(data, shape)) as tf.Tensor);
}

function normals(length: number): number[] {
  const random = rng(2, length);
  return Array.from({ length }, () => Math.fround(random.normal()));
}
