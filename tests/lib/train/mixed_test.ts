/** Training in mixed precision. */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { Device } from "../../../lib/device/device.ts";
import { Interrupted, UsageError } from "../../../lib/errors.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import type { Objective } from "../../../lib/plugin.ts";
import {
  createRun,
  listCheckpoints,
  reopenRun,
  type RunFolder,
} from "../../../lib/run/run_folder.ts";
import { makeBatches } from "../../../lib/train/batches.ts";
import { readCheckpoint } from "../../../lib/train/checkpoint.ts";
import { batchGradients } from "../../../lib/train/gradients.ts";
import { networkParameters } from "../../../lib/train/network.ts";
import { train, type TrainHooks } from "../../../lib/train/train.ts";
import { testOnDevices, testOnWebgpu } from "../../support/devices.ts";
import { tinyObjective, tinyOptions, tinyParts } from "../../support/tiny_parts.ts";

function testInMixed(name: string, fn: (device: Device) => Promise<void>): void {
  testOnWebgpu(name, async (device) => {
    if (device.setMixed) await fn(device);
  });
}

/** The gradient of one batch by the parameters, one after the other, divided by the loss's scale. */
async function gradient(device: Device, mixed: boolean, microBatch = 0): Promise<number[]> {
  const parts = tinyParts(device);
  const { encoder, objective } = parts;
  const batches = makeBatches({ ...parts, viewCount: 2, seed: 0, batchSize: 10 });
  const batch = await batches.read(0, 0);
  batches.close();
  const head = projectionHead(encoder.dim, 8, 0);
  const setMixed = mixed ? device.setMixed : undefined;
  const network = { encoder, head, unitRows: true, setMixed };
  const scale = mixed ? 1024 : 1;
  const { loss, grads, input } = batchGradients(network, objective, batch, microBatch, scale);
  const values: number[] = [...await loss.data()];
  for (const { name } of networkParameters(network).values()) {
    for (const value of await grads[name].data()) values.push(value / scale);
  }
  tf.dispose([loss, grads, input.labels ?? [], ...input.views]);
  head.dispose();
  encoder.model.dispose();
  return values;
}

for (const microBatch of [0, 4]) {
  testInMixed(
    `the gradient is float32's but for rounding (micro batch ${microBatch})`,
    async (device) => {
      const expected = await gradient(device, false, microBatch);
      const actual = await gradient(device, true, microBatch);
      const largest = Math.max(...expected.slice(1).map(Math.abs));
      const error = Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
      assertLess(error, 0.02 * largest);
      // Rounding there is.
      assertGreater(error, 1e-5 * largest);
    },
  );
}

testInMixed("the objective computes in float32", async (device) => {
  const products: tf.Tensor[] = [];
  const objective: Objective = {
    loss: ({ views: [a] }) =>
      tf.tidy(() => {
        // 1 + 2⁻¹¹ is no float16.
        products.push(tf.keep(tf.matMul(tf.tensor2d([[1 + 2 ** -11]]), tf.eye(1))));
        return a.square().sum().asScalar();
      }),
  };
  const parts = { ...tinyParts(device), objective };
  const trained = await train(parts, tinyOptions({ precision: "mixed", maxSteps: 1 }));
  trained.dispose();
  parts.encoder.model.dispose();
  // And so does everything after the step.
  products.push(tf.matMul(tf.tensor2d([[1 + 2 ** -11]]), tf.eye(1)));
  for (const product of products) assertEquals(await product.data(), Float32Array.of(1 + 2 ** -11));
  tf.dispose(products);
});

/** Trains with gradients so large that the first scales overflow. */
async function trainIn(device: Device, run: RunFolder, hooks: TrainHooks = {}): Promise<void> {
  const plain = tinyObjective(device);
  const objective: Objective = { loss: (input) => tf.tidy(() => plain.loss(input).mul(1e4)) };
  const parts = { ...tinyParts(device), objective, run };
  try {
    const options = tinyOptions({ epochs: 4, precision: "mixed", learningRate: 1e-3 });
    (await train(parts, options, hooks)).dispose();
  } finally {
    parts.encoder.model.dispose();
    await run.close();
  }
}

testInMixed(
  "a run that skips steps is resumed exactly, with the scale of its loss",
  async (device) => {
    const folder = await Deno.makeTempDir();
    const newest = async (name: string) =>
      await readCheckpoint((await listCheckpoints(join(folder, name)))[0].path);
    await trainIn(device, await createRun(folder, "whole", {}));
    const abort = new AbortController();
    const onStep = ({ step }: { step: number }) => step === 7 && abort.abort();
    const broken = await createRun(folder, "broken", {});
    await assertRejects(
      () => trainIn(device, broken, { signal: abort.signal, onStep }),
      Interrupted,
    );
    await trainIn(device, await reopenRun(join(folder, "broken")));
    const [whole, resumed] = [await newest("whole"), await newest("broken")];
    assertEquals([...resumed.tensors], [...whole.tensors]);
    for (const name of ["scale", "good", "skipped"]) {
      assertEquals(resumed.metadata[`lossScaler.${name}`], whole.metadata[`lossScaler.${name}`]);
    }
    const skipped = Number(whole.metadata["lossScaler.skipped"]);
    assert(skipped > 0 && skipped < 16, `${skipped} of 16 steps skipped`);
    assertEquals(Number(whole.metadata["lossScaler.scale"]), 2 ** (16 - skipped));
    await Deno.remove(folder, { recursive: true });
  },
);

testOnDevices("a device without float16 refuses mixed precision", async (device) => {
  const parts = { ...tinyParts(device), device: { ...device, setMixed: undefined } };
  await assertRejects(
    () => train(parts, tinyOptions({ precision: "mixed" })),
    UsageError,
    `got "${device.name}: ${device.description}"`,
  );
  parts.encoder.model.dispose();
});
