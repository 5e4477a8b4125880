/**
 * The two inner loops of matrix products and convolutions on wasm, compiled at first use. XNNPACK in
 * TensorFlow.js multiplies and adds in two instructions; here it is one where the processor has it.
 * And how a length is cut into tiles.
 *
 * @module
 */
import { assemble } from "./assembler.ts";
import { type OuterTile, outerTile, type ProductTile, productTile, segments } from "./tile_code.ts";

/** The most rows of a tile of products and of outer products; more would not stay in registers. */
export const PRODUCT_ROWS = 5, OUTER_ROWS = 6;

/** The most columns of a tile. */
export const COLUMNS = 8;

/** The tiles over one memory. */
export class Tiles {
  #memory: WebAssembly.Memory;
  // By rows and columns; a plain index, since tiles are looked up in inner loops.
  #products: ProductTile[] = [];
  #outers: OuterTile[] = [];

  /** Nothing is compiled yet. */
  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Products of 1 to {@linkcode PRODUCT_ROWS} rows and 1 to {@linkcode COLUMNS} columns. */
  product(rows: number, columns: number): ProductTile {
    const at = rows * COLUMNS + columns - 1;
    return this.#products[at] ??= this.#compile(productTile, rows, columns) as ProductTile;
  }

  /** Outer products of 1 to {@linkcode OUTER_ROWS} rows and 1 to {@linkcode COLUMNS} columns. */
  outer(rows: number, columns: number): OuterTile {
    const at = rows * COLUMNS + columns - 1;
    return this.#outers[at] ??= this.#compile(outerTile, rows, columns) as OuterTile;
  }

  #compile(make: typeof productTile, rows: number, columns: number): WebAssembly.ExportValue {
    const module = new WebAssembly.Module(assemble([make(rows, segments(columns))]));
    return new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports.tile;
  }
}

/** Parts of `total`, each at most `most` and nearly equal: [size, how many][]. */
export function balanced(total: number, most: number): [size: number, count: number][] {
  const parts = Math.ceil(total / most);
  const size = Math.floor(total / parts), larger = total - size * parts;
  const split: [number, number][] = [[size + 1, larger], [size, parts - larger]];
  return split.filter(([, count]) => count > 0);
}

/** Starts and sizes of parts of `total`, each at most `most`: the last may be smaller. */
export function parts(total: number, most: number): { start: number; size: number }[] {
  return Array.from({ length: Math.ceil(total / most) }, (_, i) => {
    return { start: i * most, size: Math.min(most, total - i * most) };
  });
}
