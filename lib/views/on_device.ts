/**
 * Views made on the device from images that are there as bytes, by its kernel of the name
 * {@linkcode RANDOM_VIEWS}. They are those of `augment` but for the rounding of float32.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { blurKernelSize } from "./blur.ts";
import type { ViewOptions } from "./options.ts";

/** The kernel: packed images to views. */
export const RANDOM_VIEWS = "RandomViews";

/** What the kernel is to make. A type and not an interface, as attributes of kernels are. */
export type RandomViews = {
  /** Image i is row i mod `rowsPerPart` of part ⌊i / rowsPerPart⌋, the inputs in their order. */
  readonly rowsPerPart: number;
  /** The n images to take. */
  readonly rows: readonly number[];
  /** The n indices that name the images' streams. */
  readonly indices: readonly number[];
  /** `streamKey(seed, STREAM.views, epoch)`. */
  readonly key: readonly [number, number];
  /** How many views to make of each image; they are numbered from 0. */
  readonly viewCount: number;
  /** The shape of an image [height, width, channels]. */
  readonly shape: readonly number[];
  /** Checked by `viewOptions`. */
  readonly options: ViewOptions;
  /** The mean of each channel. */
  readonly mean: readonly number[];
  /** The standard deviation of each channel. */
  readonly std: readonly number[];
};

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
  return tf.getKernel(RANDOM_VIEWS, tf.getBackend()) !== undefined && shape.length === 3 &&
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
  settings: Omit<RandomViews, "rowsPerPart">,
): tf.Tensor[] {
  return tf.engine().runKernel<tf.Tensor[]>(RANDOM_VIEWS, parts, { ...settings, rowsPerPart });
}
