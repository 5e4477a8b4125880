import * as tf from "@tensorflow/tfjs";
import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { convNet } from "../../../lib/nn/conv_net.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import { namedWeights } from "../../../lib/nn/weights.ts";
import { rng } from "../../../lib/random.ts";
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

testOnDevices("no two layers draw the same numbers", async () => {
  const model = convNet(4, Array(3).fill({ width: 4, stride: 1 }), rng(5));
  const kernels = [...namedWeights(model)].filter(([name]) => name.endsWith(".kernel"));
  const firsts = await Promise.all(kernels.map(async ([, kernel]) => (await kernel.data())[0]));
  assertEquals(new Set(firsts).size, 3);
  const before = tf.memory().numTensors;
  model.dispose();
  assertEquals(before - tf.memory().numTensors, 3 * 5);
});
