/**
 * Examples as the encoder takes them, without augmentation; and checks of what a dataset gave, so
 * that a wrong length is named and not read past.
 *
 * @module
 */
import type { ExampleBatch } from "../plugin.ts";
import { PluginError } from "../errors.ts";

/** Throws PluginError unless `shape` is [height, width, channels], each a positive integer. */
export function checkImageShape(shape: readonly number[]): void {
  if (shape.length === 3 && shape.every((n) => Number.isInteger(n) && n > 0)) return;
  throw new PluginError({
    act: "augment the images",
    rule: "the dataset's shape must be [height, width, channels], positive integers",
    got: `[${shape.join(", ")}]`,
    next: "Give the dataset its own views() if its examples are not images.",
  });
}

/** Throws PluginError unless `examples` is `count` examples of `shape`. */
export function checkBatch(examples: ExampleBatch, shape: readonly number[], count: number): void {
  const size = shape.reduce((product, n) => product * n, 1);
  if (examples.length === count * size) return;
  throw new PluginError({
    act: "use the batch",
    rule: `${count} examples of shape [${shape.join(", ")}] must be ${count * size} values`,
    got: examples.length,
    next: "The dataset's read() must give every index asked for, each of the dataset's shape.",
  });
}

/**
 * The mean and standard deviation of each channel, where one number stands for all channels.
 * Throws PluginError on another count, a value that is not finite, or a std that is not positive.
 */
export function checkMoments(
  channels: number,
  mean: readonly number[],
  std: readonly number[],
): { mean: Float64Array; std: Float64Array } {
  const perChannel = (name: string, values: readonly number[], rule: (x: number) => boolean) => {
    if ([1, channels].includes(values.length) && values.every(rule)) {
      return Float64Array.from({ length: channels }, (_, c) => values[c % values.length]);
    }
    const form = name === "std" ? "positive and finite" : "finite";
    throw new PluginError({
      act: "normalize the examples",
      rule: `the dataset's ${name} must be 1 or ${channels} numbers (its channels), each ${form}`,
      got: `[${values.join(", ")}]`,
      next: `Set the ${name} of the dataset's plugin.`,
    });
  };
  return {
    mean: perChannel("mean", mean, Number.isFinite),
    std: perChannel("std", std, (x) => x > 0 && Number.isFinite(x)),
  };
}

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
