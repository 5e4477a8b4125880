/** Training on a device that is tuned. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { join } from "node:path";
import type { Device } from "../../../lib/device/device.ts";
import { readVariables } from "../../../lib/train/variable_arrays.ts";
import { encoderWeights } from "../../../lib/train/network.ts";
import { train } from "../../../lib/train/train.ts";
import { testOnWebgpu } from "../../support/devices.ts";
import { tinyOptions, tinyParts } from "../../support/tiny_parts.ts";

/** The weights after a short training. */
async function trainedWeights(device: Device) {
  const parts = tinyParts(device);
  const trained = await train(parts, tinyOptions());
  trained.dispose();
  const weights = await readVariables(encoderWeights(parts.encoder.model));
  parts.encoder.model.dispose();
  return [...weights].map(([name, { data }]) => [name, data]);
}

testOnWebgpu(
  "kernels are timed between steps, and the weights are the same to the bit",
  async (device) => {
    const expected = await trainedWeights(device);
    const cache = await Deno.makeTempDir();
    const shown: string[] = [];
    const progress = ({ task, done, total }: { task: string; done: number; total: number }) => {
      assert(done <= total);
      shown.push(task);
    };
    await device.setTuning({ cache, progress, budget: 2000 });
    try {
      assertEquals(await trainedWeights(device), expected);
      assertEquals(new Set(shown), new Set(["tuning kernels"]));
      const [winners] = Object.values<Record<string, string>>(
        JSON.parse(await Deno.readTextFile(join(cache, "kernels.json"))),
      );
      assertGreater(Object.keys(winners).length, 0);
      // What was found before is used, and not timed again.
      await device.setTuning({ cache, budget: 0 });
      assertEquals(await trainedWeights(device), expected);
    } finally {
      await device.setTuning(undefined);
      await Deno.remove(cache, { recursive: true });
    }
  },
);
