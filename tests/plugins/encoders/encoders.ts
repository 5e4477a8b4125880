/** What the tests of encoders share. */
import * as tf from "@tensorflow/tfjs";
import type { Device } from "../../../lib/device/device.ts";
import { trainableWeights } from "../../../lib/nn/weights.ts";
import type { Env } from "../../../lib/plugin.ts";
import { checkEnv } from "../../../lib/plugin_check/check.ts";
import { forward } from "../../lib/nn/forward.ts";

/** What an encoder is given. */
export function envOf(device: Device, inputShape: number[]): Env {
  return checkEnv(device, { inputShape });
}

/** The number of trained numbers. */
export function parameterCount(model: tf.LayersModel): number {
  return [...trainableWeights(model).values()].reduce((sum, { size }) => sum + size, 0);
}

/** The shape of the features of images of `shape`. */
export function outputShape(model: tf.LayersModel, shape: number[]): number[] {
  const features = tf.tidy(() => forward(model, tf.zeros(shape), false));
  features.dispose();
  return features.shape;
}
