/**
 * Images with a border of zeros, made a few at a time, so that they stay in the cache.
 *
 * @module
 */
import type { Heap } from "./heap.ts";

/** Images with a border of zeros, `top` rows and `left` columns before, cut to height × width. */
export class PaddedImages {
  readonly image: number;
  readonly #direct: boolean;
  #heap: Heap;
  #source: number;
  #at = 0;

  constructor(
    heap: Heap,
    source: number,
    readonly shape: { height: number; width: number; channels: number },
    readonly padded: { top: number; left: number; height: number; width: number },
  ) {
    this.#heap = heap;
    this.#source = source;
    const { top, left, height, width } = padded;
    this.#direct = top === 0 && left === 0 && width <= shape.width && height <= shape.height;
    this.image = this.#direct
      ? shape.height * shape.width * shape.channels
      : height * width * shape.channels;
  }

  /** From one row to the next, in floats. */
  get row(): number {
    return (this.#direct ? this.shape.width : this.padded.width) * this.shape.channels;
  }

  /** Runs `use` with room for `count` padded images. */
  with<T>(count: number, use: () => T): T {
    if (this.#direct) return use();
    const size = this.image * count;
    return this.#heap.scratch(4 * size, (address) => {
      this.#at = address;
      this.#heap.floats().fill(0, address / 4, address / 4 + size);
      return use();
    });
  }

  /** The address of `count` images from `first` on, padded now. */
  images(first: number, count: number): number {
    const { height, width, channels } = this.shape;
    const { top, left } = this.padded;
    const source = this.#source / 4 + first * height * width * channels;
    if (this.#direct) return 4 * source;
    const floats = this.#heap.floats();
    const rows = Math.min(height, this.padded.height - top);
    const length = Math.min(width, this.padded.width - left) * channels;
    for (let n = 0; n < count; n++) {
      for (let y = 0; y < rows; y++) {
        const from = source + (n * height + y) * width * channels;
        const to = this.#at / 4 + n * this.image + (y + top) * this.row + left * channels;
        floats.copyWithin(to, from, from + length);
      }
    }
    return this.#at;
  }
}
