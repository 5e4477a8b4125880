/**
 * How fast a device trains: the time of one small step of what training consists of.
 *
 * @module
 */
import { convNet } from "../nn/conv_net.ts";
import { rng } from "../random.ts";
import type { Device } from "./device.ts";
import { timeTrainingStep } from "./training_step.ts";

/** To be raised when the step or a device's kernels change, so that old measurements are not used. */
export const PROBE_VERSION = 2;

/**
 * Times a step on 256 images 28×28: three convolutions 3×3 with batch norm and ReLU, the projection
 * head, similarities, all gradients, and Adam.
 *
 * @returns milliseconds of the fastest step
 * @throws {DeviceError} where the device fails
 */
export async function timeStep(device: Device): Promise<number> {
  await device.tf.setBackend(device.backend);
  const layers = [{ width: 16, stride: 2 }, { width: 32, stride: 2 }, { width: 64, stride: 1 }];
  const encoder = { model: convNet(1, layers, rng(0)), dim: 64, anySize: true };
  return await timeTrainingStep(device, encoder, [256, 28, 28, 1]);
}
