import { assertEquals } from "@std/assert";
import { sumOverRows } from "../../../lib/evaluate/softmax.ts";
import { testOnDevices } from "../../support/devices.ts";

testOnDevices("every row is summed once, and no tensor is kept", async ({ tf }) => {
  for (const rows of [1, 2047, 2048, 2049, 5000]) {
    const x = tf.tidy(() =>
      tf.tensor2d(Array.from({ length: 2 * rows }, (_, i) => i % 7), [rows, 2])
    );
    const before = tf.memory().numTensors;
    const counts: number[] = [];
    const sum = sumOverRows(tf, rows, (begin, count) => {
      counts.push(count);
      return tf.sum(tf.slice(x, [begin, 0], [count, 2]), 0);
    });
    assertEquals(tf.memory().numTensors, before + 1);
    const expected = [0, 0];
    for (let i = 0; i < 2 * rows; i++) expected[i % 2] += i % 7;
    assertEquals([...await sum.data()], expected);
    assertEquals([counts.length, Math.max(...counts)], [
      Math.ceil(rows / 2048),
      Math.min(rows, 2048),
    ]);
    tf.dispose([x, sum]);
  }
});
