/**
 * What the tiles have in common: a tile of results in registers, `rows` × up to eight columns. A
 * column segment is a vector of four floats or one float; see {@linkcode segments}.
 *
 * @module
 */
import { type Code, wasm } from "./assembler.ts";

/** The widths of the segments of a tile of `columns` ≤ 8 columns: [4, 4], [4], [1, 1, 1] … */
export function segments(columns: number): number[] {
  const vectors = Math.floor(columns / 4);
  return [...new Array(vectors).fill(4), ...new Array(columns % 4).fill(1)];
}

/** Numbers locals in order: parameters and integers first, then vectors. */
export function locals(start: number) {
  let next = start;
  return (count: number) => Array.from({ length: count }, () => next++);
}

/** Reads a segment. */
export const load = (width: number, offset: number) =>
  width === 4 ? wasm.load(offset) : wasm.loadFirst(offset);
/** Writes a segment. */
export const store = (width: number, offset: number) =>
  width === 4 ? wasm.store(offset) : wasm.storeFirst(offset);

/** acc[m][v] += (the float at row m) · columns[v]. */
export function multiplyAdd(rows: Code[], row: number, columns: number[], acc: number[][]): Code {
  return rows.flatMap((loadRow, m) => [
    ...loadRow,
    ...wasm.set(row),
    ...columns.flatMap((column, v) => [
      ...wasm.get(row),
      ...wasm.get(column),
      ...wasm.get(acc[m][v]),
      ...wasm.multiplyAdd,
      ...wasm.set(acc[m][v]),
    ]),
  ]);
}
