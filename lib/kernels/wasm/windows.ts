/**
 * Matrix products whose left side is the windows of an image, or any strided rows.
 *
 * @module
 */
import type { Heap } from "./heap.ts";
import { balanced, COLUMNS, parts, PRODUCT_ROWS } from "./tiles.ts";

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
