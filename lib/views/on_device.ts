/**
 * Views made on the device from images that are there as bytes, by its kernel `RandomViews`. They are
 * those of `augment` but for the rounding of float32.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import {
  hasKernel,
  type RandomViewsAttributes,
  type Range,
  runKernel,
  type ViewDraws,
} from "../kernels/calls.ts";
import { blurKernelSize } from "./blur.ts";
import { cropRule } from "./crop_box.ts";
import type { ViewOptions } from "./options.ts";
import { CROP_TRIES, ORDERS } from "./parameters.ts";

/** What views are made of which images. */
export interface DeviceViews extends
  Pick<
    RandomViewsAttributes,
    "rows" | "indices" | "key" | "viewCount" | "shape" | "mean" | "std"
  > {
  /** Checked by `viewOptions`. */
  readonly options: ViewOptions;
}

/** Images of bytes on the device, four bytes to a word. */
export interface DeviceImages {
  /** Tensors int32 [rows, words], each small enough to be bound to a shader. */
  readonly parts: tf.NamedTensorMap;
  /** Images in each part but the last. */
  readonly rowsPerPart: number;
}

/** Sides up to which the weights of the resizing are exact in float32. */
const LARGEST_SIDE = 2048;
/** The kernel's blur is written out tap by tap. */
const LARGEST_BLUR = 63;
const MOST_CHANNELS = 4;

/** Whether the device that TensorFlow.js is set to makes such views of images of bytes. */
export function makesViews(shape: readonly number[], options: ViewOptions): boolean {
  const { cropSize, blur, blurKernel } = options;
  const [height, width, channels] = shape;
  return hasKernel("RandomViews") && shape.length === 3 &&
    Math.max(height, width, cropSize) <= LARGEST_SIDE && channels <= MOST_CHANNELS &&
    (blur === 0 ||
      blurKernelSize(blurKernel, cropSize) <= Math.min(LARGEST_BLUR, 2 * cropSize - 1));
}

/**
 * Images as tensors. The bytes are shared where they can be and must not change.
 *
 * @param bytes [n, size], `size` bytes to an image
 * @param limit the most bytes of a part
 */
export function putImages(bytes: Uint8Array, size: number, limit: number): DeviceImages {
  const words = Math.ceil(size / 4);
  const count = bytes.length / size;
  const packed = pack(bytes, size, words);
  const rowsPerPart = Math.max(1, Math.floor(limit / (4 * words)));
  const parts: tf.NamedTensorMap = {};
  for (let row = 0; row < count; row += rowsPerPart) {
    const rows = Math.min(rowsPerPart, count - row);
    const values = packed.subarray(row * words, (row + rows) * words);
    parts[`part${row / rowsPerPart}`] = tf.tensor2d(values, [rows, words], "int32");
  }
  return { parts, rowsPerPart };
}

/** Words of four bytes, each image beginning with one. */
function pack(bytes: Uint8Array, size: number, words: number): Int32Array {
  if (size === 4 * words && bytes.byteOffset % 4 === 0) {
    return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  const padded = new Uint8Array(bytes.length / size * 4 * words);
  for (let from = 0, to = 0; from < bytes.length; from += size, to += 4 * words) {
    padded.set(bytes.subarray(from, from + size), to);
  }
  return new Int32Array(padded.buffer);
}

/** The views, `viewCount` tensors [n, cropSize, cropSize, channels]; the caller disposes of them. */
export function makeViews(
  { parts, rowsPerPart }: DeviceImages,
  { options, ...views }: DeviceViews,
): tf.Tensor[] {
  const { cropSize, blur, blurKernel } = options;
  return runKernel("RandomViews", parts, {
    ...views,
    ...viewDraws(views.shape, options),
    rowsPerPart,
    cropSize,
    blurKernel: blur > 0 ? blurKernelSize(blurKernel, cropSize) : 0,
  });
}

/** How views of images [height, width, …] are drawn, in the kernel's terms. */
export function viewDraws(
  [height, width]: readonly number[],
  options: ViewOptions,
): ViewDraws {
  const { flip, jitter, grayscale, blur, hue } = options;
  const factor = (strength: number): Range => [Math.max(0, 1 - strength), 1 + strength];
  return {
    crop: { tries: CROP_TRIES, ...cropRule(height, width, options) },
    orders: ORDERS,
    jitterRanges: {
      brightness: factor(options.brightness),
      contrast: factor(options.contrast),
      saturation: factor(options.saturation),
      hue: [-hue, hue],
    },
    blurSigma: [options.blurSigmaMin, options.blurSigmaMax],
    probabilities: { flip, jitter, grayscale, blur },
  };
}
