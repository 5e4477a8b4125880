/** Matrix products against sums in float64. */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { testOnDevices } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

function reference(a: Float32Array, b: Float32Array, m: number, k: number, n: number): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
    return sum;
  });
}

for (const [m, k, n] of [[1, 1, 1], [5, 7, 9], [13, 600, 17], [130, 3, 8]]) {
  testOnDevices(`[${m}, ${k}]·[${k}, ${n}] is right whichever side is transposed`, async () => {
    const dataA = values(1, m * k), dataB = values(2, k * n);
    const a = tf.tensor2d(dataA, [m, k]), b = tf.tensor2d(dataB, [k, n]);
    const expected = reference(dataA, dataB, m, k, n);
    for (const [transposeA, transposeB] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      const result = tf.tidy(() =>
        tf.matMul(
          transposeA ? a.transpose() : a,
          transposeB ? b.transpose() : b,
          transposeA === 1,
          transposeB === 1,
        )
      );
      assertEquals(result.shape, [m, n]);
      const actual = await result.data();
      expected.forEach((value, at) => assertAlmostEquals(actual[at], value, 5e-5));
      result.dispose();
    }
    tf.dispose([a, b]);
  });
}

testOnDevices("a batch of products shares a side that has one", async () => {
  const a = tf.tensor3d(values(1, 3 * 4 * 5), [3, 4, 5]), b = tf.tensor3d(values(2, 35), [1, 7, 5]);
  const together = tf.matMul(a, b, false, true);
  const apart = tf.tidy(() => {
    const second: tf.Tensor2D = b.as2D(7, 5);
    return tf.stack(tf.unstack(a).map((one) => tf.matMul(one.as2D(4, 5), second, false, true)));
  });
  assertEquals(together.shape, [3, 4, 7]);
  const expected = await apart.data();
  (await together.data()).forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-6));
  tf.dispose([a, b, together, apart]);
});

testOnDevices("a fused product adds its bias to every row", async () => {
  const a = tf.tensor2d([1, 2, 3, 4], [2, 2]), b = tf.eye(2), bias = tf.tensor1d([10, 20]);
  const result = tf.fused.matMul({ a, b, bias });
  assertEquals([...await result.data()], [11, 22, 13, 24]);
  tf.dispose([a, b, bias, result]);
});

testOnDevices(
  "a fused product of a transposed side is cut at 0 once, when all is added",
  async () => {
    const [m, k, n] = [3, 100, 5];
    const a = tf.tensor2d(values(1, m * k), [k, m]), b = tf.tensor2d(values(2, k * n), [k, n]);
    const bias = tf.tensor1d(values(3, n));
    const fused = tf.fused.matMul({ a, b, transposeA: true, bias, activation: "relu" });
    const apart = tf.tidy(() => tf.matMul(a, b, true).add(bias).relu());
    const expected = await apart.data();
    (await fused.data()).forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-5));
    tf.dispose([a, b, bias, fused, apart]);
  },
);
