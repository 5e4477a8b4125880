import { assert, assertAlmostEquals } from "@std/assert";
import debiased from "../../../plugins/objectives/debiased.ts";
import hard from "../../../plugins/objectives/hard.ts";
import {
  checkGradient,
  lossAndGradient,
  makeObjective,
  randomViews,
  toInput,
} from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

testOnDevices("hard is Robinson's equation 4, its gradient through the weights", async (device) => {
  let mixed = 0;
  for (const [count, batch, dim] of [[2, 2, 3], [2, 16, 17], [3, 5, 3]]) {
    const views = randomViews({ seed: 1, count, batch, dim });
    for (
      const [temperature, tauPlus, beta] of [
        [0.01, 0.1, 1],
        [0.1, 0.5, 0.5],
        [0.5, 0.1, 1],
        [0.5, 0.5, 2],
        [1, 0, 2],
      ]
    ) {
      const options = { temperature, tauPlus, beta };
      const rate = oracle.clampRate(views, options);
      if (rate > 0 && rate < 1) mixed++;
      await checkGradient(device, await makeObjective(hard, options, device), {
        views,
        reference: (views) => oracle.debiased(views, options),
        tolerance: 2e-4,
      });
    }
  }
  assert(mixed > 1, `clamped and unclamped rows side by side in ${mixed} cases`);
});

testOnDevices("hard with β = 0 is the debiased loss", async (device) => {
  const views = randomViews({ seed: 2, count: 2, batch: 5, dim: 17 });
  const a = await lossAndGradient(device, await makeObjective(hard, { beta: 0 }, device), views);
  const b = await lossAndGradient(device, await makeObjective(debiased, {}, device), views);
  assertAlmostEquals(a.value, b.value, 1e-5);
  const expected = b.gradient.flat();
  a.gradient.flat().forEach((x, i) => assertAlmostEquals(x, expected[i], 1e-5));
});

testOnDevices("hard reports the share of rows at the clamp", async (device) => {
  const views = randomViews({ seed: 2, count: 2, batch: 16, dim: 3 });
  const options = { temperature: 0.5, tauPlus: 0.5, beta: 1 };
  const objective = await makeObjective(hard, options, device);
  const rate = device.tf.tidy(() => objective.diagnostics!(toInput(device, views)).clamp_rate);
  const expected = oracle.clampRate(views, options);
  assert(expected > 0 && expected < 1);
  assertAlmostEquals((await rate.data())[0], expected, 1e-6);
  rate.dispose();
});
