/** A whole training on our kernels beside one on the stock ones. */
import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { collectBindGroups } from "../../../../lib/device/webgpu.ts";
import type { Device } from "../../../../lib/device/device.ts";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import { convNet } from "../../../../lib/nn/conv_net.ts";
import { rng } from "../../../../lib/random.ts";
import { train } from "../../../../lib/train/train.ts";
import debiased from "../../../../plugins/objectives/debiased.ts";
import { makeObjective } from "../../../support/check_gradient.ts";
import { testOnWebgpu } from "../../../support/devices.ts";
import { tinyOptions, tinyParts } from "../../../support/tiny_parts.ts";

const STEPS = 50;

/** The losses of every step. */
async function losses(device: Device): Promise<number[]> {
  await tf.setBackend(device.backend);
  const stages = [{ width: 8, stride: 1 }, { width: 12, stride: 2 }];
  const model = convNet(1, stages, rng(3));
  const all: number[] = [];
  const trained = await train(
    {
      ...tinyParts(device),
      encoder: { model, dim: 12, anySize: true },
      objective: await makeObjective(debiased, {}, device),
    },
    tinyOptions({ epochs: 100, maxSteps: STEPS, logEvery: 1, learningRate: 1e-3, saveEvery: 0 }),
    { onStep: ({ record }) => record && all.push(record.loss) },
  );
  trained.dispose();
  model.dispose();
  return all;
}

testOnWebgpu(
  "fifty steps on our kernels give the losses of the stock kernels to rounding",
  async (device) => {
    const ours = await losses(device);
    await tf.setBackend("webgpu");
    if (device.software) collectBindGroups(webgpuBackend(tf.backend()).device);
    const stock = await losses({ ...device, backend: "webgpu" });
    assertEquals(ours.length, STEPS);
    assert(Math.abs(ours[0] - ours[STEPS - 1]) > 0.05, "the network learns");
    for (const [i, loss] of ours.entries()) {
      const error = Math.abs(loss - stock[i]) / stock[i];
      assert(error < 1e-4, `the loss of step ${i + 1} is ${loss}, with stock kernels ${stock[i]}`);
    }
  },
);
