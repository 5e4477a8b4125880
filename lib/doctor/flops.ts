/**
 * How much there is to compute, by the convolutions alone.
 *
 * @module
 */

/** A training step computes about three forward passes: one, and one for each kind of gradient. */
export const TRAINING = 3;

/**
 * Floating-point operations, two for a multiplication with its addition, of the convolutions of a
 * ResNet of bottlenecks on one image size × size, forward, with the stem for small images.
 *
 * @param depths blocks of each stage, as [3, 4, 6, 3] of ResNet-50
 */
export function bottleneckFlops(depths: readonly number[], size: number): number {
  let channels = 64, side = size;
  let products = side ** 2 * 9 * 3 * channels;
  depths.forEach((depth, stage) => {
    const width = 64 * 2 ** stage, out = 4 * width;
    for (let block = 0; block < depth; block++) {
      const before = side ** 2;
      if (stage > 0 && block === 0) side = Math.ceil(side / 2);
      const after = side ** 2;
      products += before * channels * width + after * 9 * width ** 2 + after * width * out;
      if (block === 0) products += after * channels * out;
      channels = out;
    }
  });
  return 2 * products;
}
