import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { openDevice } from "../../../lib/device/device.ts";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import { type Block, resnet, type Stem } from "../../../lib/nn/resnet.ts";
import { namedWeights } from "../../../lib/nn/weights.ts";
import { rng } from "../../../lib/random.ts";
import golden from "../../golden/initialization.json" with { type: "json" };
import { testOnDevices } from "../../support/devices.ts";

testOnDevices("a convolution is normal with variance 2 over its fan-out", async () => {
  const model = convNet(32, [{ width: 16, stride: 1 }], rng(0));
  const kernel = Float64Array.from(await namedWeights(model).get("conv1.kernel")!.data());
  const std = Math.sqrt(2 / (9 * 16));
  const moment = (power: number) =>
    kernel.reduce((sum, value) => sum + (value / std) ** power, 0) / kernel.length;
  // 4608 values: the bounds are 4 standard errors of each moment of a normal.
  assertAlmostEquals(moment(1), 0, 4 * Math.sqrt(1 / kernel.length));
  assertAlmostEquals(moment(2), 1, 4 * Math.sqrt(2 / kernel.length));
  assertAlmostEquals(moment(4), 3, 4 * Math.sqrt(96 / kernel.length));
  const lag = kernel.reduce((sum, value, i) => sum + value * kernel[(i + 1) % kernel.length], 0);
  assertAlmostEquals(lag / std ** 2 / kernel.length, 0, 4 * Math.sqrt(1 / kernel.length));
  model.dispose();
});

testOnDevices("a linear layer is uniform within one over the root of its inputs", async () => {
  const model = projectionHead(64, 50, 0, { hidden: 100 });
  for (const [name, inputs] of [["head.0.kernel", 64], ["head.3.kernel", 100]] as const) {
    const values = await namedWeights(model).get(name)!.data();
    const scaled = Float64Array.from(values, (value) => value * Math.sqrt(inputs));
    assertLess(Math.max(...scaled.map(Math.abs)), 1.000001);
    const variance = scaled.reduce((sum, value) => sum + value ** 2, 0) / scaled.length;
    // The variance of a uniform in ±1 is 1/3, its square's 4/45.
    assertAlmostEquals(variance, 1 / 3, 4 * Math.sqrt(4 / 45 / scaled.length));
    const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
    assertAlmostEquals(mean, 0, 4 * Math.sqrt(1 / 3 / scaled.length));
  }
  const bias = await namedWeights(model).get("head.3.bias")!.data();
  assertLess(Math.max(...bias.map(Math.abs)), 0.1);
  assertEquals(new Set(bias).size, 50);
  model.dispose();
});

for (const { name, weights, ...shape } of golden.cases) {
  Deno.test(`first weights are drawn as PyTorch draws the reference's: ${name}`, async () => {
    await openDevice("wasm");
    const model = modelOf(shape);
    const ours = namedWeights(model);
    assertEquals([...ours.keys()].sort(), Object.keys(weights).sort());
    for (const [weight, [mean, square, fourth, largest]] of Object.entries(weights)) {
      const values = Float64Array.from(await ours.get(weight)!.data());
      const moment = (power: number) =>
        values.reduce((sum, value) => sum + value ** power, 0) / values.length;
      if (square === mean ** 2) {
        assertEquals([...new Set(values)], [mean], `${weight} is a constant`);
        continue;
      }
      // Five standard errors, of theirs, which are many times as many, too: of a normal's moments,
      // where those of a uniform are smaller.
      const errors = 5 * Math.sqrt((1 + 1 / golden.models) / values.length);
      assertAlmostEquals(moment(1), mean, errors * Math.sqrt(square), `${weight}: mean`);
      const relative = [moment(2) / square, moment(4) / fourth];
      assertAlmostEquals(relative[0], 1, errors * Math.sqrt(2), `${weight}: square`);
      assertAlmostEquals(relative[1], 1, errors * Math.sqrt(32 / 3), `${weight}: fourth power`);
      const uniform = fourth / square ** 2 < 2;
      const bound = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (uniform) assertLess(bound, 1.001 * largest, `${weight} is bounded`);
      else assertGreater(bound, 0.7 * largest, `${weight} has tails`);
    }
    model.dispose();
  });
}

type Case = Omit<typeof golden.cases[number], "name" | "weights">;

function modelOf({ block, depths, stem, inputs, hidden, outputs }: Case): tf.LayersModel {
  if (depths === undefined) return projectionHead(inputs!, outputs!, 0, { hidden });
  return resnet({ block: block as Block, depths, stem: stem as Stem, channels: 3 }, rng(0));
}

testOnDevices("no two layers draw the same numbers", async () => {
  const model = convNet(4, Array(3).fill({ width: 4, stride: 1 }), rng(5));
  const kernels = [...namedWeights(model)].filter(([name]) => name.endsWith(".kernel"));
  const firsts = await Promise.all(kernels.map(async ([, kernel]) => (await kernel.data())[0]));
  assertEquals(new Set(firsts).size, 3);
  const before = tf.memory().numTensors;
  model.dispose();
  assertEquals(before - tf.memory().numTensors, 3 * 5);
});
