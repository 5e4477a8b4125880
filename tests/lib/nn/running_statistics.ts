import * as tf from "@tensorflow/tfjs";
import { BatchNorm } from "../../../lib/nn/batch_norm.ts";
import type { Running } from "../../../lib/nn/batch_norm_functions.ts";

/** Running statistics that take all of the last batch's; `dispose` of them. */
export function runningStatistics(channels: number): { running: Running; dispose: () => void } {
  const layer = new BatchNorm();
  layer.build([null, channels]);
  const [, , mean, variance] = layer.weights;
  return {
    running: { mean, variance, momentum: 1 },
    dispose: () => tf.dispose(layer.weights.map((weight) => weight.read())),
  };
}
