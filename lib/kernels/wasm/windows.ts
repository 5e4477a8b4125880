/**
 * Windows of images, and matrix products whose left side they are, or any strided rows. Images with a
 * border of zeros are made a few at a time, so that they stay in the cache.
 *
 * @module
 */
import type { Heap } from "./heap.ts";
import { balanced, COLUMNS, parts, PRODUCT_ROWS } from "./tiles.ts";

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

/** The products of every window of one image; addresses and steps in bytes. */
export interface Windows {
  a: number;
  b: number;
  out: number;
  height: number;
  width: number;
  columns: number;
  runs: number;
  length: number;
  aRow: number;
  aStep: number;
  aSkip: number;
  outRow: number;
  outStep: number;
  accumulate: boolean;
}

/** Runs the product tiles over all windows and columns. */
export function multiplyWindows(heap: Heap, p: Windows): void {
  const groups = balanced(p.width, PRODUCT_ROWS);
  for (const { start, size } of parts(p.columns, COLUMNS)) {
    const b = p.b + 4 * start * p.runs * p.length;
    let column = 0;
    for (const [rows, count] of groups) {
      const tile = heap.tiles.product(rows, size);
      for (let i = 0; i < p.height; i++) {
        tile(
          p.a + i * p.aRow + column * p.aStep,
          b,
          p.out + i * p.outRow + column * p.outStep + 4 * start,
          count,
          p.runs,
          p.length,
          p.aStep,
          p.aSkip,
          p.outStep,
          p.accumulate ? 1 : 0,
        );
      }
      column += rows * count;
    }
  }
}

/** Packs a matrix [rows, columns] for product tiles: tile by tile of columns, row by row. */
export function pack(heap: Heap, from: number, to: number, rows: number, columns: number): void {
  const floats = heap.floats();
  let at = to / 4;
  for (const { start, size } of parts(columns, COLUMNS)) {
    for (let row = 0; row < rows; row++) {
      const source = from / 4 + row * columns + start;
      for (let c = 0; c < size; c++) floats[at++] = floats[source + c];
    }
  }
}
