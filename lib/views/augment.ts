/**
 * Random views of images on the processor: the reference formulation. What a view is, is a pure
 * function of (seed, epoch, index, view) and the settings, whatever the batch it is made in.
 *
 * @module
 */
import type { ExampleBatch } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { blurKernelSize, gaussianBlurrer } from "./blur.ts";
import { checkBatch, checkImageShape, checkMoments } from "./check.ts";
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from "./color.ts";
import { normalizeInPlace } from "./normalize.ts";
import type { ViewOptions } from "./options.ts";
import { type Jitter, viewParameters } from "./parameters.ts";
import { resizedCropper } from "./resize.ts";

/** What names the views of a batch, with the index of each image. */
export interface ViewKey {
  /** The seed of the run. */
  readonly seed: number;
  /** The epoch, from 0 or 1 as the caller counts. */
  readonly epoch: number;
  /** Which view of the image: 0, 1, … */
  readonly view: number;
}

/**
 * One random view of each image: crop and resize, flip, color jitter, grayscale, Gaussian blur,
 * normalize, in this order, as the reference (and SimCLR) has it.
 *
 * Bytes are scaled to 0–1 and clamped to it by each color operation. Saturation, hue and
 * grayscale act on images of three channels only. Floats are not colors: they are cropped,
 * flipped, blurred and normalized, nothing else.
 *
 * @param examples [n, height, width, channels]
 * @param shape [height, width, channels]
 * @param indices the n indices of the images in their split; they name the images' streams
 * @param key the seed, epoch and view
 * @param options checked by `viewOptions`
 * @param mean of the pixels scaled to 0–1: one number, or one per channel
 * @param std likewise
 * @returns [n, cropSize, cropSize, channels]
 * @throws PluginError where a length does not fit the shape
 */
export function augment(
  examples: ExampleBatch,
  shape: readonly number[],
  indices: ArrayLike<number>,
  key: ViewKey,
  options: ViewOptions,
  mean: readonly number[],
  std: readonly number[],
): Float32Array<ArrayBuffer> {
  checkImageShape(shape);
  checkBatch(examples, shape, indices.length);
  const [height, width, channels] = shape;
  const moments = checkMoments(channels, mean, std);
  const size = options.cropSize;
  const colors = examples instanceof Uint8Array;
  const resizedCrop = resizedCropper(shape, size);
  const blur = gaussianBlurrer(size, channels, blurKernelSize(options.blurKernel, size));
  const length = size * size * channels;
  const views = new Float32Array(indices.length * length);

  for (let i = 0; i < indices.length; i++) {
    const random = rng(key.seed, STREAM.views, key.epoch, indices[i], key.view);
    const drawn = viewParameters(height, width, options, random);
    const view = views.subarray(i * length, (i + 1) * length);
    resizedCrop(examples, i * height * width * channels, drawn.crop, drawn.flip, view);
    if (colors && drawn.jitter) colorJitter(view, channels, drawn.jitter);
    if (colors && drawn.grayscale && channels === 3) adjustSaturation(view, 0);
    if (drawn.blurSigma !== null) blur(view, drawn.blurSigma);
  }
  normalizeInPlace(views, moments.mean, moments.std);
  return views;
}

/** The operations in the drawn order; saturation and hue where there is color. */
function colorJitter(image: Float32Array, channels: number, jitter: Jitter): void {
  for (const operation of jitter.order) {
    if (operation === "brightness") adjustBrightness(image, jitter.brightness);
    if (operation === "contrast") adjustContrast(image, channels, jitter.contrast);
    if (channels !== 3) continue;
    if (operation === "saturation") adjustSaturation(image, jitter.saturation);
    if (operation === "hue") adjustHue(image, jitter.hue);
  }
}
