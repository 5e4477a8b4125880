import biased from "../../../plugins/objectives/biased.ts";
import { checkGradient, makeObjective, randomViews } from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

testOnDevices("biased is NT-Xent, for two and more views", async (device) => {
  for (const [count, batch, dim] of [[2, 2, 3], [2, 16, 17], [4, 5, 3]]) {
    const views = randomViews({ seed: 1, count, batch, dim });
    for (const temperature of [0.01, 0.1, 1]) {
      await checkGradient(device, await makeObjective(biased, { temperature }, device), {
        views,
        reference: (views) => oracle.ntXent(views, { temperature }),
        tolerance: 1e-4,
      });
    }
  }
});
