/** What holds of every objective, beside what `plugins check` tries of it. */
import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import type { Plugin } from "../../../lib/plugin.ts";
import barlowTwins from "../../../plugins/objectives/barlow-twins.ts";
import biased from "../../../plugins/objectives/biased.ts";
import debiased from "../../../plugins/objectives/debiased.ts";
import decoupled from "../../../plugins/objectives/decoupled.ts";
import hard from "../../../plugins/objectives/hard.ts";
import oracle from "../../../plugins/objectives/oracle.ts";
import supcon from "../../../plugins/objectives/supcon.ts";
import vicreg from "../../../plugins/objectives/vicreg.ts";
import {
  lossAndGradient,
  makeObjective,
  randomViews,
  toInput,
} from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";

const ALL: Plugin<"objective">[] = [
  biased,
  debiased,
  hard,
  oracle,
  decoupled,
  supcon,
  barlowTwins,
  vicreg,
];
const LABELS = [1, 0, 2, 1, -1, 0, 2, 2, 1];

for (const plugin of ALL) {
  testOnDevices(
    `${plugin.name} gives a smaller last batch what a new one gives`,
    async (device) => {
      const used = await makeObjective(plugin, {}, device);
      const unit = used.unitRows ?? true;
      const views = randomViews({ seed: 1, count: 2, batch: 9, dim: 3, unit });
      await lossAndGradient(device, used, views, LABELS);
      const last = views.map((view) => view.slice(0, 4));
      assertEquals(
        await lossAndGradient(device, used, last, LABELS.slice(0, 4)),
        await lossAndGradient(
          device,
          await makeObjective(plugin, {}, device),
          last,
          LABELS.slice(0, 4),
        ),
      );
    },
  );

  testOnDevices(
    `${plugin.name} refuses batches it cannot use by a clear error`,
    async (device) => {
      const { tf } = device;
      const objective = await makeObjective(plugin, {}, device);
      const before = tf.memory().numTensors;
      const refuse = (shapes: [number, number][], message: string) =>
        tf.tidy(() => {
          const views = shapes.map((shape) => tf.ones(shape).as2D(...shape));
          const labels = tf.zeros([shapes[0][0]], "int32").as1D();
          assertThrows(() => objective.loss({ views, labels }), UsageError, message);
        });
      refuse([[3, 2]], "views of each example, got 1.");
      refuse([[3, 2], [4, 2]], 'one shape [batch, dim], got "[3,2] and [4,2]".');
      refuse([[1, 2], [1, 2]], "two or more examples, got 1.");
      assertEquals(tf.memory().numTensors, before);
    },
  );
}

for (const plugin of [oracle, supcon]) {
  testOnDevices(`${plugin.name} says that it needs labels`, async (device) => {
    const objective = await makeObjective(plugin, {}, device);
    device.tf.tidy(() => {
      const { views } = toInput(device, randomViews({ seed: 1, count: 2, batch: 3, dim: 2 }));
      assertThrows(
        () => objective.loss({ views }),
        UsageError,
        "it needs the label of every example",
      );
      const labels = device.tf.tensor1d([0, 1], "int32");
      assertThrows(() => objective.loss({ views, labels }), UsageError, 'got "2 for 3"');
    });
  });
}
