import { assertAlmostEquals, assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import { gram, logSumExp } from "../../../lib/objectives/similarities.ts";
import { testOnDevices } from "../../support/devices.ts";

testOnDevices("gram and logSumExp have TensorFlow.js's values and gradients", async ({ tf }) => {
  const before = tf.memory().numTensors;
  const pairs = tf.tidy(() => {
    const x = tf.randomNormal([5, 7], 0, 3, "float32", 1);
    // A row that is left out of all sums, as maskedLogSumExp makes it.
    const masked = x.slice(0, 4).concat(tf.fill([1, 7], -1e30));
    const dy = tf.randomNormal([5, 5], 0, 1, "float32", 2);
    const dyMasked = tf.tensor1d([1, -2, 0.5, 3, 0]);
    const ownGram = (x: tf.Tensor) => gram(tf, x.as2D(5, 7));
    const builtGram = (x: tf.Tensor) => tf.matMul(x, x, false, true);
    const ownSum = (x: tf.Tensor) => logSumExp(tf, x.as2D(5, 7));
    const builtSum = (x: tf.Tensor) => tf.logSumExp(x, 1);
    return [
      [ownGram(x), builtGram(x)],
      [tf.grad(ownGram)(x, dy), tf.grad(builtGram)(x, dy)],
      [ownSum(masked), builtSum(masked)],
      [tf.grad(ownSum)(masked, dyMasked), tf.grad(builtSum)(masked, dyMasked)],
    ];
  });
  for (const [own, built] of pairs) {
    assertEquals(own.shape, built.shape);
    const expected = await built.data();
    (await own.data()).forEach((y, i) => {
      assertAlmostEquals(y, expected[i], 1e-5 * Math.max(1, Math.abs(expected[i])));
    });
  }
  tf.dispose(pairs.flat());
  assertEquals(tf.memory().numTensors, before);
});
