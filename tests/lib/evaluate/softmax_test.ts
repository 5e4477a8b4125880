import { assertAlmostEquals, assertEquals } from "@std/assert";
import { regression } from "../../../lib/evaluate/softmax.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { blobs } from "./parts.ts";

/** The mean cross-entropy and its gradient in float64, written out. */
function reference(rows: number[][], labels: number[], w: number[][]) {
  const classes = w[0].length;
  const gradient = new Float64Array(w.length * classes);
  let loss = 0;
  rows.forEach((row, i) => {
    const x = [...row, 1];
    const logits = w[0].map((_, c) => x.reduce((sum, value, j) => sum + value * w[j][c], 0));
    const most = Math.max(...logits);
    const exps = logits.map((logit) => Math.exp(logit - most));
    const total = exps.reduce((sum, exp) => sum + exp, 0);
    loss += (Math.log(total) + most - logits[labels[i]]) / rows.length;
    exps.forEach((exp, c) => {
      const residual = (exp / total - Number(labels[i] === c)) / rows.length;
      x.forEach((value, j) => gradient[j * classes + c] += residual * value);
    });
  });
  return { loss, gradient };
}

for (
  const [length, dim, classes] of [
    [1, 1, 2],
    [1, 8, 2],
    [37, 5, 3],
    [63, 4, 10],
    [300, 6, 2],
    [517, 12, 16],
    [1030, 260, 4],
    [40, 7, 17],
  ]
) {
  testOnDevices(
    `loss and gradient of ${length} examples of ${dim} features in ${classes} classes are float64's`,
    async (device) => {
      const { tf } = device;
      const { features: x, labels, rows } = blobs(device, { length, dim, classes, spread: 1 });
      const random = rng(5);
      const weights = Array.from(
        { length: dim + 1 },
        () => Array.from({ length: classes }, () => Math.fround(random.normal() / 3)),
      );
      const before = tf.memory().numTensors;
      const order = Int32Array.from(rng(3).permutation(length));
      const examples = regression(tf, { x, labels, classes }, order);
      const w = tf.tensor2d(weights, [dim + 1, classes]);

      const start = Math.floor(length / 3), count = Math.ceil(length / 2);
      for (const [from, many] of [[0, length], [start, count]]) {
        const { loss, gradient } = from === 0
          ? examples.gradientAt(w)
          : examples.gradientAt(w, from, many);
        const chosen = [...order.subarray(from, from + many)];
        const expected = reference(
          chosen.map((i) => rows[i]),
          chosen.map((i) => labels[i]),
          weights,
        );
        assertAlmostEquals((await loss.data())[0], expected.loss, 1e-5 * (1 + expected.loss));
        assertEquals(gradient.shape, [dim + 1, classes]);
        const found = await gradient.data();
        expected.gradient.forEach((value, i) => assertAlmostEquals(found[i], value, 1e-5));
        tf.dispose([loss, gradient]);
      }
      w.dispose();
      examples.dispose();
      assertEquals(tf.memory().numTensors, before);
      x.dispose();
    },
  );
}

testOnDevices("logits of a thousand give a finite loss and gradient", async ({ tf }) => {
  const x = tf.tensor2d([[1000, 0], [0, 1000]]);
  const examples = regression(
    tf,
    { x, labels: Int32Array.of(0, 0), classes: 2 },
    Int32Array.of(0, 1),
  );
  const w = tf.tensor2d([[1, 0], [0, 1], [0, 0]]);
  const { loss, gradient } = examples.gradientAt(w);
  assertEquals([...await loss.data()], [500]);
  assertEquals([...await gradient.data()], [0, 0, -500, 500, -0.5, 0.5]);
  tf.dispose([x, w, loss, gradient]);
  examples.dispose();
});
