/**
 * Examples as the encoder takes them, without augmentation.
 *
 * @module
 */
import type { ExampleBatch } from "../plugin.ts";
import { checkBatch, checkMoments } from "./check.ts";

/**
 * (x/255 − mean)/std of bytes, (x − mean)/std of floats, per channel (the last axis of `shape`).
 *
 * @param examples [batch, ...shape]
 * @param mean one number, or one per channel
 * @param std one number, or one per channel
 * @returns [batch, ...shape]
 * @throws PluginError where a length does not fit the shape
 */
export function normalize(
  examples: ExampleBatch,
  shape: readonly number[],
  mean: readonly number[],
  std: readonly number[],
): Float32Array<ArrayBuffer> {
  const channels = shape.at(-1) ?? 1;
  const size = shape.reduce((product, n) => product * n, 1);
  checkBatch(examples, shape, Math.floor(examples.length / size));
  const moments = checkMoments(channels, mean, std);
  const result = new Float32Array(examples.length);
  const unit = examples instanceof Uint8Array ? 255 : 1;
  for (let i = 0; i < result.length; i++) result[i] = examples[i] / unit;
  normalizeInPlace(result, moments.mean, moments.std);
  return result;
}

/** x ← (x − mean)/std; one mean and std per channel, channels interleaved. */
export function normalizeInPlace(
  values: Float32Array,
  mean: Float64Array,
  std: Float64Array,
): void {
  const channels = mean.length;
  for (let c = 0; c < channels; c++) {
    const m = mean[c];
    const s = std[c];
    for (let i = c; i < values.length; i += channels) values[i] = (values[i] - m) / s;
  }
}
