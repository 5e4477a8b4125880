/** Sums and means over any axes against plain loops. */
import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { testOnDevices } from "../../../support/devices.ts";
import { values } from "../../../support/values.ts";

const SHAPE = [3, 5, 4, 11];

/** Sums over `axes`, with the sizes of the rest in order. */
function reference(data: Float32Array, axes: number[]): number[] {
  const kept = SHAPE.map((n, i) => axes.includes(i) ? 1 : n);
  const sums = new Array<number>(kept.reduce((a, b) => a * b)).fill(0);
  data.forEach((value, flat) => {
    let rest = flat, at = 0, step = 1;
    for (let i = SHAPE.length - 1; i >= 0; i--) {
      if (!axes.includes(i)) at += (rest % SHAPE[i]) * step;
      step *= kept[i];
      rest = Math.floor(rest / SHAPE[i]);
    }
    sums[at] += value;
  });
  return sums;
}

for (const axes of [[0], [1], [1, 2], [0, 1, 2], [2], [3], [0, 2], [0, 1, 2, 3]]) {
  testOnDevices(
    `sum and mean over the axes ${axes} are right, dimensions kept or not`,
    async () => {
      const data = values(axes.length, SHAPE.reduce((a, b) => a * b));
      const x = tf.tensor(data, SHAPE);
      const expected = reference(data, axes);
      const count = data.length / expected.length;
      const sum = tf.sum(x, axes), mean = tf.mean(x, axes, true);
      assertEquals(sum.shape, SHAPE.filter((_, i) => !axes.includes(i)));
      assertEquals(mean.shape, SHAPE.map((n, i) => axes.includes(i) ? 1 : n));
      const [sums, means] = [await sum.data(), await mean.data()];
      expected.forEach((value, i) => {
        assertAlmostEquals(sums[i], value, 1e-5);
        assertAlmostEquals(means[i], value / count, 1e-6);
      });
      tf.dispose([x, sum, mean]);
    },
  );
}

testOnDevices("a sum of integers stays an integer", async () => {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), sum = x.sum(0);
  assertEquals(sum.dtype, "int32");
  assertEquals([...await sum.data()], [4, 6]);
  tf.dispose([x, sum]);
});
