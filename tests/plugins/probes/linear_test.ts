import { assertEquals, assertThrows } from "@std/assert";
import linear from "../../../plugins/probes/linear.ts";
import { blobs } from "../../lib/evaluate/parts.ts";
import { testOnDevices } from "../../support/devices.ts";
import { probeEnv } from "./env.ts";

Deno.test("the defaults of the linear probe's protocol dcl are the reference's", () => {
  assertEquals(linear.options.parse({}), {
    protocol: "standard",
    epochs: 100,
    batchSize: 512,
    learningRate: 1e-3,
    weightDecay: 1e-6,
  });
});

Deno.test("the linear probe refuses options out of range", () => {
  const wrong = [{ protocol: "mine" }, { epochs: 0 }, { batchSize: 0.5 }, { learningRate: 0 }];
  for (const options of [...wrong, { weightDecay: -1 }]) {
    assertThrows(() => linear.options.parse(options));
  }
});

testOnDevices("the plugin linear names the classes of its environment", async (device) => {
  const train = blobs(device, { length: 30, dim: 4, classes: 3, spread: 0.1 });
  const test = blobs(device, { length: 9, dim: 4, classes: 3, spread: 0.1, seed: 2 });
  const env = probeEnv(device, ["a", "b", "c"]);
  const probe = await linear.create(linear.options.parse({}), env);
  const metrics = await probe.evaluate({ train, test });
  assertEquals(metrics.perClass, { a: 100, b: 100, c: 100 });
  assertEquals(metrics.confusion, [[3, 0, 0], [0, 3, 0], [0, 0, 3]]);
  device.tf.dispose([train.features, test.features]);
});
