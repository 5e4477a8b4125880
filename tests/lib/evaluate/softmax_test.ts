import { assertAlmostEquals, assertEquals } from "@std/assert";
import { batchOf, softmaxGradient, withOnes } from "../../../lib/evaluate/softmax.ts";
import { rng } from "../../../lib/random.ts";
import { testOnDevices } from "../../support/devices.ts";
import { clouds } from "./parts.ts";

/** The mean cross-entropy in float64, written out. */
function crossEntropy(rows: number[][], labels: Int32Array, w: number[][]): number {
  const losses = rows.map((row, i) => {
    const logits = w[0].map((_, c) => [...row, 1].reduce((sum, x, j) => sum + x * w[j][c], 0));
    const most = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    return Math.log(total) + most - logits[labels[i]];
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

testOnDevices(
  "loss and gradient are those of float64 and its finite differences",
  async (device) => {
    const { tf } = device;
    const { features, labels, rows } = clouds(device, {
      length: 37,
      dim: 5,
      classes: 3,
      spread: 1,
    });
    const random = rng(5);
    const weights = Array.from(
      { length: 6 },
      () => Array.from({ length: 3 }, () => random.normal()),
    );
    const before = tf.memory().numTensors;

    const batch = batchOf(
      tf,
      tf.tidy(() => withOnes(tf, features)),
      labels,
      3,
    );
    assertEquals(tf.memory().numTensors, before + 3);
    const { loss, gradient } = tf.tidy(() => softmaxGradient(tf, batch, tf.tensor2d(weights)));
    assertAlmostEquals((await loss.data())[0], crossEntropy(rows, labels, weights), 1e-5);
    const found = await gradient.data();
    weights.forEach((row, j) =>
      row.forEach((_, c) => {
        const moved = (step: number) =>
          weights.map((other, at) =>
            at === j ? other.map((value, to) => to === c ? value + step : value) : other
          );
        const high = crossEntropy(rows, labels, moved(1e-5));
        const low = crossEntropy(rows, labels, moved(-1e-5));
        assertAlmostEquals(found[j * 3 + c], (high - low) / 2e-5, 1e-5);
      })
    );
    tf.dispose([batch, loss, gradient, features]);
  },
);
