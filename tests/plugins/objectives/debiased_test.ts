import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import biased from "../../../plugins/objectives/biased.ts";
import debiased from "../../../plugins/objectives/debiased.ts";
import {
  checkGradient,
  lossAndGradient,
  lossOf,
  makeObjective,
  randomViews,
  toInput,
} from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";
import * as oracle from "../../support/oracle.ts";

const SHAPES = [[2, 3], [5, 17], [16, 3]];

for (const positives of [1, 2, 3]) {
  testOnDevices(
    `debiased with ${positives} positives is the paper's equation 8`,
    async (device) => {
      let mixed = 0;
      for (const [seed, [batch, dim]] of SHAPES.entries()) {
        const views = randomViews({ seed, count: positives + 1, batch, dim });
        for (
          const [temperature, tauPlus] of [[0.01, 0.1], [0.1, 0.5], [0.5, 0.1], [1, 0.5], [1, 0]]
        ) {
          const options = { temperature, tauPlus };
          const rate = oracle.clampRate(views, options);
          if (rate > 0 && rate < 1) mixed++;
          await checkGradient(
            device,
            await makeObjective(debiased, { ...options, positives }, device),
            {
              views,
              reference: (views) => oracle.debiased(views, options),
              tolerance: 1e-4,
            },
          );
        }
      }
      assert(mixed > 1, `clamped and unclamped rows side by side in ${mixed} cases`);
    },
  );
}

testOnDevices(
  "debiased gives the loss of the authors' main.py at any batch size",
  async (device) => {
    const objective = await makeObjective(debiased, {}, device);
    for (const batch of [16, 5, 2]) {
      const views = randomViews({ seed: 4, count: 2, batch, dim: 17 });
      const options = { temperature: 0.5, tau_plus: 0.1, debiased: true };
      const expected = oracle.reference(views, options);
      assertAlmostEquals(await lossOf(device, objective, views), expected, 1e-5);
    }
  },
);

Deno.test("the oracle's debiased and NT-Xent losses are those of the authors' main.py", () => {
  for (const [seed, [batch, dim]] of SHAPES.entries()) {
    const views = randomViews({ seed, count: 2, batch, dim });
    for (const temperature of [0.05, 0.5, 1]) {
      for (const tau_plus of [0, 0.1, 0.5]) {
        assertAlmostEquals(
          oracle.debiased(views, { temperature, tauPlus: tau_plus }),
          oracle.reference(views, { temperature, tau_plus, debiased: true }),
          1e-9,
        );
        assertAlmostEquals(
          oracle.ntXent(views, { temperature }),
          oracle.reference(views, { temperature, tau_plus, debiased: false }),
          1e-9,
        );
      }
    }
  }
});

testOnDevices("debiased without false negatives (τ⁺ = 0) is NT-Xent", async (device) => {
  const views = randomViews({ seed: 5, count: 2, batch: 5, dim: 17 });
  assertEquals(oracle.clampRate(views, { temperature: 0.5, tauPlus: 0 }), 0);
  const standard = await makeObjective(biased, {}, device);
  const objective = await makeObjective(debiased, { tauPlus: 0 }, device);
  assertEquals(
    await lossAndGradient(device, objective, views),
    await lossAndGradient(device, standard, views),
  );
});

testOnDevices(
  "debiased stays finite where all negatives are false, at t = 0.01",
  async (device) => {
    // Positives coincide and negatives are opposite: the estimate is negative in every row.
    const view = [[1, 0], [-1, 0]];
    for (const views of [[view, view], [view, [...view].reverse()]]) {
      const objective = await makeObjective(debiased, { temperature: 0.01, tauPlus: 0.1 }, device);
      const { value, gradient } = await lossAndGradient(device, objective, views);
      const expected = oracle.debiased(views, { temperature: 0.01, tauPlus: 0.1 });
      assertAlmostEquals(value, expected, 1e-3);
      assert(gradient.flat().every(Number.isFinite), `gradient ${gradient}`);
    }
  },
);

testOnDevices("debiased reports the share of rows at the clamp", async (device) => {
  const { tf } = device;
  const views = randomViews({ seed: 2, count: 2, batch: 16, dim: 3 });
  const objective = await makeObjective(debiased, { tauPlus: 0.5 }, device);
  const before = tf.memory().numTensors;
  const input = toInput(device, views);
  const { clamp_rate } = objective.diagnostics!(input);
  const [rate] = await clamp_rate.data();
  const expected = oracle.clampRate(views, { temperature: 0.5, tauPlus: 0.5 });
  assert(expected > 0 && expected < 1);
  assertAlmostEquals(rate, expected, 1e-6);
  tf.dispose([clamp_rate, ...input.views]);
  assertEquals(tf.memory().numTensors, before);
});

testOnDevices("debiased asks for one view more than positives, and says so", async (device) => {
  const { tf } = device;
  assertEquals((await makeObjective(debiased, {}, device)).views, 2);
  const objective = await makeObjective(debiased, { positives: 2 }, device);
  assertEquals(objective.views, 3);
  tf.tidy(() => {
    const input = toInput(device, randomViews({ seed: 6, count: 2, batch: 2, dim: 3 }));
    const error = assertThrows(() => objective.loss(input), UsageError);
    assertEquals(
      error.message,
      "Cannot compute the debiased loss: it needs 3 views of each example, got 2. " +
        "Give positives + 1 views, or set --positives=1.",
    );
  });
});
