/**
 * Random views of images on the processor: the reference formulation. What a view is, is a pure
 * function of (seed, epoch, index, view) and the settings, whatever the batch it is made in.
 *
 * The color operations work in place on images of 0–1 with interleaved channels: torchvision's
 * formulas for tensors, with Pillow's weights for gray, as the reference's images were Pillow's.
 *
 * @module
 */
import type { ExampleBatch } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { blurKernelSize, gaussianBlurrer } from "./blur.ts";
import { checkBatch, checkImageShape, checkMoments, normalizeInPlace } from "./normalize.ts";
import type { ViewOptions } from "./options.ts";
import { type Jitter, viewParameters } from "./parameters.ts";
import { resizedCropper } from "./resize.ts";

/** What names the views of a batch, with the index of each image. */
export interface ViewKey {
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

const clamp = (x: number): number => x < 0 ? 0 : x > 1 ? 1 : x;

/** Gray (ITU-R BT.601). */
const luma = (r: number, g: number, b: number): number => 0.299 * r + 0.587 * g + 0.114 * b;

/** x ← clamp(factor·x). */
export function adjustBrightness(image: Float32Array, factor: number): void {
  for (let i = 0; i < image.length; i++) image[i] = clamp(factor * image[i]);
}

/** x ← clamp(factor·x + (1 − factor)·m), m the mean of the gray image; of all values if not RGB. */
export function adjustContrast(image: Float32Array, channels: number, factor: number): void {
  let sum = 0;
  if (channels === 3) {
    for (let i = 0; i < image.length; i += 3) sum += luma(image[i], image[i + 1], image[i + 2]);
  } else {
    for (let i = 0; i < image.length; i++) sum += image[i];
  }
  const mean = sum / (channels === 3 ? image.length / 3 : image.length);
  const pivot = (1 - factor) * mean;
  for (let i = 0; i < image.length; i++) image[i] = clamp(factor * image[i] + pivot);
}

/** x ← clamp(factor·x + (1 − factor)·gray(x)), RGB; factor 0 leaves gray. */
export function adjustSaturation(image: Float32Array, factor: number): void {
  for (let i = 0; i < image.length; i += 3) {
    const gray = (1 - factor) * luma(image[i], image[i + 1], image[i + 2]);
    image[i] = clamp(factor * image[i] + gray);
    image[i + 1] = clamp(factor * image[i + 1] + gray);
    image[i + 2] = clamp(factor * image[i + 2] + gray);
  }
}

/**
 * Turns the hue by `shift` turns, RGB. In HSV with the hue h in sixths of a turn, a channel is
 * value − chroma·clamp(min(k, 4 − k)), k = (n + h) mod 6, n = 5, 3, 1 for red, green, blue.
 */
export function adjustHue(image: Float32Array, shift: number): void {
  for (let i = 0; i < image.length; i += 3) {
    const r = image[i];
    const g = image[i + 1];
    const b = image[i + 2];
    const value = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const chroma = value - (r < g ? (r < b ? r : b) : (g < b ? g : b));
    if (chroma === 0) continue;
    let h = 6 * shift;
    if (value === r) h += (g - b) / chroma;
    else if (value === g) h += 2 + (b - r) / chroma;
    else h += 4 + (r - g) / chroma;
    for (let c = 0; c < 3; c++) {
      let k = h + 5 - 2 * c;
      k -= 6 * Math.floor(k / 6);
      image[i + c] = value - chroma * clamp(k < 2 ? k : 4 - k);
    }
  }
}
