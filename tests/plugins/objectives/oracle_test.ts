import { assertAlmostEquals, assertEquals } from "@std/assert";
import biased from "../../../plugins/objectives/biased.ts";
import oraclePlugin from "../../../plugins/objectives/oracle.ts";
import {
  checkGradient,
  lossAndGradient,
  makeObjective,
  randomViews,
} from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

const LABELS = [3, 0, 3, -1, -1];

testOnDevices("oracle contrasts with other classes only, weighted as all", async (device) => {
  for (const [count, batch, dim] of [[2, 3, 3], [2, 5, 17], [3, 5, 3]]) {
    const views = randomViews({ seed: 1, count, batch, dim });
    const labels = LABELS.slice(0, batch);
    for (const temperature of [0.01, 0.1, 1]) {
      await checkGradient(device, await makeObjective(oraclePlugin, { temperature }, device), {
        views,
        labels,
        reference: (views) => oracle.oracle(views, { temperature }, labels),
        tolerance: 1e-4,
      });
    }
  }
});

testOnDevices(
  "oracle where all classes differ is NT-Xent, and so with unknown ones",
  async (device) => {
    const views = randomViews({ seed: 2, count: 2, batch: 4, dim: 17 });
    const standard = await lossAndGradient(device, await makeObjective(biased, {}, device), views);
    const objective = await makeObjective(oraclePlugin, {}, device);
    for (const labels of [[2, 0, 1, 3], [-1, -1, -1, -1], [-1, 4, -1, 0]]) {
      const { value, gradient } = await lossAndGradient(device, objective, views, labels);
      assertAlmostEquals(value, standard.value, 1e-6);
      const expected = standard.gradient.flat();
      gradient.flat().forEach((x, i) => assertAlmostEquals(x, expected[i], 1e-6));
    }
  },
);

testOnDevices("oracle is 0, and so is its gradient, where all are of one class", async (device) => {
  const views = randomViews({ seed: 3, count: 2, batch: 3, dim: 3 });
  const objective = await makeObjective(oraclePlugin, {}, device);
  const { value, gradient } = await lossAndGradient(device, objective, views, [1, 1, 1]);
  assertEquals(value < 1e-30, true);
  assertEquals(gradient.flat().every((x) => Math.abs(x) < 1e-30), true);
});
