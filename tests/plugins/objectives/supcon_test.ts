import supcon from "../../../plugins/objectives/supcon.ts";
import { checkGradient, makeObjective, randomViews } from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

testOnDevices("supcon is L_out, with unknown labels as classes of their own", async (device) => {
  const cases: [number, number, number[]][] = [
    [2, 3, [0, 0]],
    [2, 17, [3, 0, 3, -1, -1]],
    [3, 3, [1, 1, 2, 2, 1]],
  ];
  for (const [count, dim, labels] of cases) {
    const views = randomViews({ seed: 1, count, batch: labels.length, dim });
    for (const temperature of [0.01, 0.1, 1]) {
      await checkGradient(device, await makeObjective(supcon, { temperature }, device), {
        views,
        labels,
        reference: (views) => oracle.supcon(views, { temperature }, labels),
        tolerance: 1e-4,
      });
    }
  }
});
