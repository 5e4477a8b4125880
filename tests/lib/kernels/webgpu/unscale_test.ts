import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { runKernel } from "../../../../lib/kernels/calls.ts";
import { rng } from "../../../../lib/random.ts";
import { testOnWebgpu } from "../../../support/devices.ts";

/** Runs the kernel on vectors of these values; what it says of overflow, and the results. */
async function unscale(gradients: number[][], factor: number) {
  const inputs = Object.fromEntries(gradients.map((values, i) => [`g${i}`, tf.tensor1d(values)]));
  const before = tf.memory().numTensors;
  const outputs = runKernel("UnscaleGradients", inputs, { factor });
  const [[overflow], ...scaled] = await Promise.all(outputs.map((output) => output.data()));
  assertEquals(tf.memory().numTensors, before + outputs.length);
  tf.dispose([inputs, outputs]);
  return { overflow, scaled: scaled.map((values) => [...values]) };
}

const random = rng(5);
const draw = (length: number) => Array.from({ length }, () => Math.fround(random.normal()));

testOnWebgpu("finite gradients of any size are divided exactly", async () => {
  const gradients = [1, 3, 4, 130, 1000].map(draw);
  const { overflow, scaled } = await unscale(gradients, 2 ** -16);
  assertEquals(overflow, 0);
  assertEquals(scaled, gradients.map((g) => g.map((value) => value * 2 ** -16)));
});

for (const bad of [Infinity, -Infinity, NaN]) {
  testOnWebgpu(`one ${bad} anywhere is an overflow`, async () => {
    for (const [length, at] of [[1, 0], [7, 6], [128, 77]]) {
      const last = draw(length);
      last[at] = bad;
      assertEquals((await unscale([draw(16), last], 0.5)).overflow, 1);
      assertEquals((await unscale([last, draw(5)], 0.5)).overflow, 1);
    }
  });
}

testOnWebgpu("the largest float32 is no overflow", async () => {
  assertEquals((await unscale([[3.4028234e38, -3.4028234e38]], 1)).overflow, 0);
});
