/**
 * Whether a dataset's examples are images, as encoders of images need them.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/**
 * The number of channels of images [height, width, channels].
 *
 * @throws {UsageError} where `inputShape` is not an image's
 *
 * @example Images, and rows of numbers
 * ```ts
 * import { UsageError } from "@tauplus/tauplus";
 * import { imageChannels } from "@tauplus/tauplus/nn";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(imageChannels("mine", [32, 32, 3]), 3);
 * assertThrows(() => imageChannels("mine", [100]), UsageError);
 * ```
 */
export function imageChannels(encoder: string, inputShape: readonly number[]): number {
  if (inputShape.length !== 3) {
    throw new UsageError({
      act: `use the encoder ${encoder}`,
      rule: "the dataset's examples must be images, [height, width, channels]",
      got: `the shape [${inputShape.join(", ")}]`,
      next: "Choose a dataset of images, or write an encoder for such examples and load it with " +
        "--plugin.",
    });
  }
  return inputShape[2];
}
