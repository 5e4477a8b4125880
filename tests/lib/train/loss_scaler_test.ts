import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { TrainingError } from "../../../lib/errors.ts";
import { LossScaler } from "../../../lib/train/loss_scaler.ts";
import { testOnDevices, testOnWebgpu } from "../../support/devices.ts";

/** What the scaler says of gradients of these values, and what becomes of them. */
async function unscaled(scaler: LossScaler, values: number[]) {
  const grads = { a: tf.tensor1d(values), b: tf.ones([3]) };
  const before = tf.memory().numTensors;
  const good = await scaler.unscale(grads);
  assertEquals(tf.memory().numTensors, before);
  const a = [...await grads.a.data()];
  tf.dispose(grads);
  return { good, a };
}

testOnDevices("in float32 the scale is 1 and gradients stay as they are", async () => {
  const scaler = new LossScaler({ precision: "float32" });
  assertEquals(await unscaled(scaler, [2, Infinity]), { good: true, a: [2, Infinity] });
  assertEquals(scaler.state, { scale: 1, good: 0, skipped: 0 });
});

testOnWebgpu(
  "gradients are divided by the scale, which doubles after 2000 good steps",
  async () => {
    const scaler = new LossScaler({ precision: "mixed" });
    assertEquals(await unscaled(scaler, [65536, -32768]), { good: true, a: [1, -0.5] });
    assertEquals(scaler.state, { scale: 65536, good: 1, skipped: 0 });
    scaler.state.good = 1999;
    await unscaled(scaler, [1]);
    assertEquals(scaler.state, { scale: 131072, good: 0, skipped: 0 });
  },
);

testOnWebgpu("an overflow skips the step and halves the scale", async () => {
  const scaler = new LossScaler({ precision: "mixed" });
  await unscaled(scaler, [1]);
  assert(!(await unscaled(scaler, [1, Infinity])).good);
  assertEquals(scaler.state, { scale: 32768, good: 0, skipped: 1 });
});

testOnWebgpu("an overflow of a loss that is not scaled ends the training", async () => {
  const scaler = new LossScaler({ precision: "mixed" });
  scaler.state.scale = 1;
  await assertRejects(() => scaler.unscale({ a: tf.tensor1d([NaN]) }), TrainingError, "mixed");
});

Deno.test("a saved state is restored; without one, the initial state is used", () => {
  const saved: Record<string, number> = { scale: 8, good: 5, skipped: 13 };
  const scaler = new LossScaler({ precision: "mixed" });
  scaler.restore((name) => saved[name]);
  assertEquals({ ...scaler.state }, saved);
  const fresh = new LossScaler({ precision: "mixed" });
  fresh.restore(() => NaN);
  assertEquals(fresh.state, { scale: 65536, good: 0, skipped: 0 });
});
