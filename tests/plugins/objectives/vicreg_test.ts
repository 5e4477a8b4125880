import vicreg from "../../../plugins/objectives/vicreg.ts";
import { checkGradient, makeObjective, randomViews } from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

testOnDevices("vicreg is the paper's equation 6, each term and all together", async (device) => {
  for (const [batch, dim] of [[2, 3], [5, 17], [16, 17]]) {
    const views = randomViews({ seed: 1, count: 2, batch, dim, unit: false })
      .map((view) => view.map((row) => row.map((x, d) => d % 2 ? x : x / 2)));
    for (const weights of [[25, 25, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) {
      const [invariance, variance, covariance] = weights;
      const options = { invariance, variance, covariance };
      await checkGradient(device, await makeObjective(vicreg, options, device), {
        views,
        reference: (views) => oracle.vicreg(views, weights),
        tolerance: 1e-4,
      });
    }
  }
});
