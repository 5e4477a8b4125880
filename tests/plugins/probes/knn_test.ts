import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import knn from "../../../plugins/probes/knn.ts";
import { blobs } from "../../lib/evaluate/parts.ts";
import { testOnDevices } from "../../support/devices.ts";
import { probeEnv } from "./env.ts";

Deno.test("the defaults of kNN are the reference's", () => {
  assertEquals(knn.options.parse({}), { k: 200, temperature: 0.5 });
});

Deno.test("kNN refuses no neighbors, half of one, and a temperature of zero", () => {
  for (const options of [{ k: 0 }, { k: 1.5 }, { temperature: 0 }, { temperature: Infinity }]) {
    assertThrows(() => knn.options.parse(options));
  }
});

testOnDevices("the plugin kNN names the classes of its environment", async (device) => {
  const train = blobs(device, { length: 30, dim: 4, classes: 3, spread: 0.1 });
  const test = blobs(device, { length: 9, dim: 4, classes: 3, spread: 0.1, seed: 2 });
  const probe = await knn.create(knn.options.parse({ k: 5 }), probeEnv(device, ["a", "b", "c"]));
  const metrics = await probe.evaluate({ train, test });
  assertEquals(metrics.perClass, { a: 100, b: 100, c: 100 });
  assertGreater(metrics.top5, 99.9);
  device.tf.dispose([train.features, test.features]);
});
