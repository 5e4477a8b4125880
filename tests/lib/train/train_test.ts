import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TrainStep } from "../../../lib/train/train.ts";
import { train } from "../../../lib/train/train.ts";
import { testOnDevices } from "../../support/devices.ts";
import { tinyDataset, tinyOptions, tinyParts } from "../../support/tiny_parts.ts";

testOnDevices("training lowers the loss and keeps no tensors but the network", async (device) => {
  const parts = tinyParts(device);
  const tensors: number[] = [];
  const steps: TrainStep[] = [];
  const trained = await train(parts, tinyOptions({ epochs: 4, logEvery: 4 }), {
    onStep: (step) => {
      steps.push(step);
      tensors.push(tf.memory().numTensors);
    },
  });
  assertEquals([trained.epoch, trained.step], [4, 16]);
  assertEquals(new Set(tensors).size, 1);
  const losses = steps.flatMap(({ record }) => record ? [record.loss] : []);
  assert(losses.at(-1)! < losses[0] - 0.1, `losses ${losses}`);
  trained.dispose();
  parts.encoder.model.dispose();
});
