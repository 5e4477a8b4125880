/**
 * Crop, flip and resize, as Pillow's BILINEAR: a triangle filter whose support grows with the
 * scale when it makes smaller (so it does not alias), separable, with weights that sum to one, and
 * blind to the pixels outside the crop. In floating point, where Pillow rounds to bytes.
 *
 * @module
 */
import type { ExampleBatch } from "../plugin.ts";
import type { CropBox } from "./crop_box.ts";

/**
 * Weights of one axis. With s = inSize/outSize, r = max(s, 1) and the center c = (x + ½)·s, output x is
 * Σ over i of wᵢ·inᵢ, wᵢ ∝ max(0, 1 − |i + ½ − c|/r).
 */
class Taps {
  /** First input of each output. */
  first = new Int32Array(0);
  /** Number of inputs of each output. */
  count = new Int32Array(0);
  /** [outSize, stride] weights. */
  weights = new Float64Array(0);
  /** Most inputs of one output. */
  stride = 0;

  /** Computes the weights for one crop; arrays are kept from crop to crop. */
  set(inSize: number, outSize: number): void {
    const scale = inSize / outSize;
    const support = Math.max(scale, 1);
    this.stride = 2 * Math.ceil(support) + 1;
    if (this.first.length < outSize) {
      this.first = new Int32Array(outSize);
      this.count = new Int32Array(outSize);
    }
    if (this.weights.length < outSize * this.stride) {
      this.weights = new Float64Array(outSize * this.stride);
    }
    const { first, count, weights, stride } = this;
    for (let x = 0; x < outSize; x++) {
      const center = (x + 0.5) * scale;
      const start = Math.max(0, Math.trunc(center - support + 0.5));
      const end = Math.min(inSize, Math.trunc(center + support + 0.5));
      let sum = 0;
      for (let i = start; i < end; i++) {
        const weight = Math.max(0, 1 - Math.abs(i + 0.5 - center) / support);
        weights[x * stride + i - start] = weight;
        sum += weight;
      }
      for (let k = 0; k < end - start; k++) weights[x * stride + k] /= sum;
      first[x] = start;
      count[x] = end - start;
    }
  }
}

/** A function that crops and resizes, with its scratch memory. */
export type ResizedCrop = (
  source: ExampleBatch,
  offset: number,
  box: CropBox,
  flip: boolean,
  target: Float32Array,
) => void;

/**
 * Makes the function that resizes a box of the image [height, width, channels] at `offset` of
 * `source` to `target`, [size, size, channels], mirrored where `flip`. Bytes become 0–1, floats stay.
 */
export function resizedCropper(
  [height, width, channels]: readonly number[],
  size: number,
): ResizedCrop {
  const across = new Taps();
  const down = new Taps();
  const row = size * channels;
  const rows = new Float32Array(height * row);
  const sums = new Float64Array(row);

  return (source, offset, box, flip, target) => {
    across.set(box.width, size);
    down.set(box.height, size);
    const { first, count, weights, stride } = across;
    for (let y = 0; y < box.height; y++) {
      const start = offset + ((box.top + y) * width + box.left) * channels;
      for (let x = 0; x < size; x++) {
        const from = start + first[x] * channels;
        const to = y * row + (flip ? size - 1 - x : x) * channels;
        const weight = x * stride;
        if (channels === 3) { // unrolled: about 1.5 times as fast
          let r = 0, g = 0, b = 0;
          for (let k = 0, i = from; k < count[x]; k++, i += 3) {
            const w = weights[weight + k];
            r += w * source[i];
            g += w * source[i + 1];
            b += w * source[i + 2];
          }
          rows[to] = r;
          rows[to + 1] = g;
          rows[to + 2] = b;
          continue;
        }
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = 0; k < count[x]; k++) {
            sum += weights[weight + k] * source[from + k * channels + c];
          }
          rows[to + c] = sum;
        }
      }
    }
    const unit = source instanceof Uint8Array ? 255 : 1;
    for (let y = 0; y < size; y++) {
      sums.fill(0);
      for (let k = 0; k < down.count[y]; k++) {
        const weight = down.weights[y * down.stride + k];
        const from = (down.first[y] + k) * row;
        for (let i = 0; i < row; i++) sums[i] += weight * rows[from + i];
      }
      for (let i = 0; i < row; i++) target[y * row + i] = sums[i] / unit;
    }
  };
}
