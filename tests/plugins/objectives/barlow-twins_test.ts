import barlowTwins from "../../../plugins/objectives/barlow-twins.ts";
import { checkGradient, makeObjective, randomViews } from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

testOnDevices("barlow-twins is the paper's equations 1 and 2", async (device) => {
  for (const [batch, dim] of [[2, 3], [5, 17], [16, 3], [16, 17]]) {
    const views = randomViews({ seed: 1, count: 2, batch, dim, unit: false });
    for (const lambda of [0.0051, 1]) {
      await checkGradient(device, await makeObjective(barlowTwins, { lambda }, device), {
        views,
        reference: (views) => oracle.barlowTwins(views, lambda),
        tolerance: 1e-4,
      });
    }
  }
});
