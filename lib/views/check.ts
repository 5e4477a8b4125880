/**
 * Checks of what a dataset gave, so that a wrong length is named and not read past.
 *
 * @module
 */
import { PluginError } from "../errors.ts";
import type { ExampleBatch } from "../plugin.ts";

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
