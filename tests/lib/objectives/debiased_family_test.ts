import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  contrast,
  debias,
  differ,
  familyClampRate,
  familyLoss,
  maskedLogSumExp,
  similarities,
} from "../../../lib/objectives/mod.ts";
import { randomViews, toInput } from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";

testOnDevices("the family is what its public parts make of the dense matrix", async (device) => {
  const { tf } = device;
  const before = tf.memory().numTensors;
  for (const beta of [0, 1]) {
    const member = { form: "debiased", temperature: 0.5, tauPlus: 0.5, beta } as const;
    const results = tf.tidy(() => {
      const { views } = toInput(device, randomViews({ seed: 2, count: 3, batch: 16, dim: 3 }));
      const { all, positives, examples, negatives: count } = similarities(tf, views, 0.5);
      const omega = differ(examples);
      const sum = (scale: number) => maskedLogSumExp(tf, all.mul(scale), omega);
      const hard = sum(1 + beta).sub(sum(beta)).add(Math.log(count)).as1D();
      const negatives = beta === 0 ? maskedLogSumExp(tf, all, omega) : hard;
      const input = { negatives, positives, count, tauPlus: 0.5, temperature: 0.5 };
      const { gamma, clamped } = debias(tf, input);
      return [
        familyLoss(tf, views, member),
        contrast(tf, gamma, positives),
        familyClampRate(tf, views, member),
        clamped.mean(),
      ];
    });
    const [loss, expected, rate, expectedRate] = await Promise.all(
      results.map(async (result) => (await result.data())[0]),
    );
    assertAlmostEquals(loss, expected, 1e-5);
    assertAlmostEquals(rate, expectedRate, 1e-6);
    tf.dispose(results);
  }
  assertEquals(tf.memory().numTensors, before);
});
