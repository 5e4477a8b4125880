/** Every objective against PyTorch's autograd in float64, written as the authors' code is. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Device } from "../../../lib/device/device.ts";
import type { Plugin } from "../../../lib/plugin.ts";
import barlowTwins from "../../../plugins/objectives/barlow-twins.ts";
import biased from "../../../plugins/objectives/biased.ts";
import debiased from "../../../plugins/objectives/debiased.ts";
import decoupled from "../../../plugins/objectives/decoupled.ts";
import hard from "../../../plugins/objectives/hard.ts";
import oracle from "../../../plugins/objectives/oracle.ts";
import supcon from "../../../plugins/objectives/supcon.ts";
import vicreg from "../../../plugins/objectives/vicreg.ts";
import golden from "../../golden/objectives.json" with { type: "json" };
import { lossAndGradient, makeObjective, toInput } from "../../support/check_gradient.ts";
import { closedForm } from "../../support/closed_form.ts";
import { testOnDevices, testOnWebgpu } from "../../support/devices.ts";
import { assertEntries, assertNear, EPSILON } from "../../support/golden.ts";

const PLUGINS: Plugin<"objective">[] = [
  biased,
  debiased,
  hard,
  decoupled,
  oracle,
  supcon,
  barlowTwins,
  vicreg,
];

/** A case of tests/golden/objectives.py, which says what its parts are. */
interface Case {
  objective: string;
  options: { temperature?: number; tauPlus?: number; beta?: number };
  seed: number;
  shape: number[];
  value: number;
  gradient: number[];
  scale: number;
  labels?: number[];
  clamped?: number;
  cancellation?: number;
  dense32?: number | null;
}

const CASES: Case[] = golden.cases;
const casesOf = (name: string) => CASES.filter(({ objective }) => objective === name);

/** Views of a batch, nearer to each other the lower the row, rounded to float32. */
function viewsOf({ objective, seed, shape: [count, batch, dim] }: Case): number[][][] {
  const unit = objective !== "barlow-twins" && objective !== "vicreg";
  const centers = closedForm(`centres ${seed}`, batch * dim);
  return Array.from({ length: count }, (_, v) => {
    const noise = closedForm(`view ${v} of ${seed}`, batch * dim);
    return Array.from({ length: batch }, (_, b) => {
      const spread = 0.1 + 4 * b / batch;
      const at = (d: number) => b * dim + d;
      const row = Array.from({ length: dim }, (_, d) => centers[at(d)] + spread * noise[at(d)]);
      const norm = unit ? Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) : 1;
      return row.map((x) => Math.fround(x / norm));
    });
  });
}

/**
 * What float32 explains: similarities of unit rows are right to some ε, so those divided by t to
 * ε/t, which the estimator's difference and the weights of hard negatives magnify. The losses of
 * features add up to 128² squares.
 */
function toleranceOf({ options: { temperature, beta = 0 }, cancellation = 1 }: Case): number {
  if (temperature === undefined) return 64 * EPSILON;
  return EPSILON * (4 + 4 / temperature) * cancellation * (1 + 2 * beta);
}

async function check(device: Device, plugin: Plugin<"objective">, one: Case): Promise<void> {
  const what = JSON.stringify([one.objective, one.options, one.shape]);
  const objective = await makeObjective(plugin, one.options, device);
  const views = viewsOf(one);
  const { value, gradient } = await lossAndGradient(device, objective, views, one.labels);
  const tolerance = toleranceOf(one);
  assertNear(value, one.value, tolerance * Math.max(1, Math.abs(one.value)), `${what} value`);
  assertEntries(gradient.flat(), one.gradient, tolerance * one.scale, `${what} gradient`);
  if (one.clamped !== undefined) {
    const { tf } = device;
    const rate = tf.tidy(() => objective.diagnostics!(toInput(device, views)).clamp_rate);
    const [read] = await rate.data();
    rate.dispose();
    assertAlmostEquals(read, one.clamped / (one.shape[0] * one.shape[1]), 1e-6, what);
  }
}

for (const plugin of PLUGINS) {
  testOnDevices(
    `${plugin.name} has PyTorch's values and gradients at all sizes and temperatures`,
    async (device) => {
      const cases = casesOf(plugin.name);
      assert(cases.length >= 10);
      for (const one of cases) await check(device, plugin, one);
    },
  );
}

for (const plugin of [biased, debiased, hard, decoupled]) {
  testOnWebgpu(
    `${plugin.name} has PyTorch's values without its kernel too, by the dense matrix`,
    async (device) => {
      const { tf, backend } = device;
      const kernel = tf.getKernel("ContrastRows", backend);
      assert(kernel);
      tf.unregisterKernel("ContrastRows", backend);
      try {
        for (const [i, one] of casesOf(plugin.name).entries()) {
          if (i % 3 === 0) await check(device, plugin, one);
        }
      } finally {
        tf.registerKernel(kernel);
      }
    },
  );
}

Deno.test("the goldens have batches without clamped rows and with some", () => {
  for (const plugin of [debiased, hard]) {
    const cases = casesOf(plugin.name);
    const mixed = cases.filter(({ clamped = 0, shape: [count, batch] }) =>
      clamped > 0 && clamped < count * batch
    );
    const free = cases.filter(({ clamped }) => clamped === 0);
    assert(mixed.length > 9 && free.length > 9, `${plugin.name}: ${mixed.length}, ${free.length}`);
  }
});

Deno.test("at temperature 0.01 the authors' code in float32 has no finite gradient", () => {
  const cold = CASES.filter(({ options }) => options.temperature === 0.01);
  assert(cold.length > 10);
  for (const { objective, shape, dense32 } of cold) {
    assertEquals(dense32, null, `${objective} [${shape}]`);
  }
});
