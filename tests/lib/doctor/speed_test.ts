/** What is counted and measured; how fast it is, is nobody's test. */
import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../../lib/device/device.ts";
import { bottleneckFlops } from "../../../lib/doctor/speed.ts";
import { guessPaper } from "../../../lib/doctor/speed.ts";
import { measureSpeed } from "../../../lib/doctor/speed.ts";
import { resnet } from "../../../lib/nn/resnet.ts";
import { STILL } from "../../support/closed_form.ts";

Deno.test("the FLOPs of a ResNet are those of the convolutions it runs", async () => {
  const { backend } = await openDevice("wasm");
  const depths = [2, 1, 1], size = 12;
  const model = resnet({ block: "bottleneck", depths, stem: "small", channels: 3 }, STILL);
  const conv = tf.getKernel("Conv2D", backend);
  assert(conv);
  let flops = 0;
  tf.unregisterKernel("Conv2D", backend);
  tf.registerKernel({
    ...conv,
    kernelFunc: (call) => {
      const output = conv.kernelFunc(call);
      assert(!Array.isArray(output) && call.inputs.filter);
      const { shape: [height, width, channels] } = call.inputs.filter;
      flops += 2 * tf.util.sizeFromShape(output.shape) * height * width * channels;
      return output;
    },
  });
  try {
    tf.tidy(() => model.predict(tf.zeros([1, size, size, 3])));
  } finally {
    tf.unregisterKernel("Conv2D", backend);
    tf.registerKernel(conv);
    model.dispose();
  }
  assertEquals(flops, bottleneckFlops(depths, size));
});

Deno.test("the paper's run is guessed by its FLOPs: at 1 PFLOP/s, ten minutes or so", () => {
  // ResNet-50 with a stem for small images: 1.3 G multiplications for an image of 32×32.
  const products = bottleneckFlops([3, 4, 6, 3], 32) / 2;
  assert(products > 1.2e9 && products < 1.4e9, `${products}`);
  const seconds = guessPaper({ training: 1e15 });
  assertEquals(seconds, 400 * 105_000 * 2 * 3 * 2 * products / 1e15);
});

Deno.test("every speed is a positive number, and nothing is left on the device", async () => {
  const device = await openDevice("wasm");
  const before = tf.memory().numTensors;
  const speed = await measureSpeed(device, { seconds: 0, images: 2 });
  for (const [name, value] of Object.entries(speed)) {
    assert(Number.isFinite(value) && value > 0, `${name} is ${value}`);
  }
  assertEquals(tf.memory().numTensors, before);
});
