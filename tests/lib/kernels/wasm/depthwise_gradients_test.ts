/** Gradients of a depthwise convolution against those of the dense one it is. */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { testOnDevices } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

/** The dense filter [kh, kw, c, c·m] that does what the depthwise one [kh, kw, c, m] does. */
function dense(w: tf.Tensor): tf.Tensor4D {
  const [kh, kw, channels, multiplier] = w.shape;
  const pick = tf.eye(channels).reshape([channels, channels, 1]).tile([1, 1, multiplier]);
  return tf.mul(w.reshape([kh, kw, channels, 1, multiplier]), pick)
    .reshape<tf.Tensor4D>([kh, kw, channels, channels * multiplier]);
}

for (const [multiplier, stride] of [[1, 1], [2, 2]]) {
  testOnDevices(
    `a depthwise gradient is right, multiplier ${multiplier}, stride ${stride}`,
    async () => {
      const x = tf.tensor(values(1, 2 * 7 * 6 * 3), [2, 7, 6, 3]);
      const w = tf.tensor(values(2, 9 * 3 * multiplier), [3, 3, 3, multiplier]);
      const loss = (convolve: (x: tf.Tensor4D, w: tf.Tensor) => tf.Tensor) =>
        tf.grads((x, w) => convolve(x.as4D(2, 7, 6, 3), w).square().sum())([x, w]);
      const actual = tf.tidy(() =>
        loss((x, w) => tf.depthwiseConv2d(x, w.as4D(3, 3, 3, multiplier), stride, "same"))
      );
      const expected = tf.tidy(() => loss((x, w) => tf.conv2d(x, dense(w), stride, "same")));
      for (const [i, gradient] of actual.entries()) {
        assertEquals(gradient.shape, expected[i].shape);
        const right = await expected[i].data();
        (await gradient.data()).forEach((value, at) => assertAlmostEquals(value, right[at], 1e-4));
      }
      tf.dispose([x, w, actual, expected]);
    },
  );
}
