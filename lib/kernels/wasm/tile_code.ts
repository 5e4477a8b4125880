/**
 * The inner loops of matrix products and convolutions, and of the gradient by a filter and of sums:
 * a tile of results in registers, `rows` × up to eight columns. A column segment is a vector of four
 * floats or one float; see {@linkcode segments}.
 *
 * @module
 */
import { type Code, wasm, type WasmFunction } from "./assembler.ts";

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

/**
 * out[m, :] += Σ over pixels of a[pixel, m] · b[pixel, :]. Addresses, steps and skips are in bytes.
 *
 * @param a the rows of the tile are contiguous
 * @param b packed: for every pixel the columns of the tile, one after another
 * @param outStep from one row of the result to the next
 * @param images how many images to sum over
 * @param height how many rows an image has
 * @param width how many pixels a row has
 * @param aStep from one pixel of a to the next
 * @param aRowSkip what to skip after the last pixel of a row, on top of aStep
 * @param aImageSkip what to skip after the last row of an image, on top of both
 * @param bStep from one pixel of b to the next
 */
export type OuterTile = (
  a: number,
  b: number,
  out: number,
  outStep: number,
  images: number,
  height: number,
  width: number,
  aStep: number,
  aRowSkip: number,
  aImageSkip: number,
  bStep: number,
) => void;

/** The code of an {@linkcode OuterTile} whose columns are segments of the given widths. */
export function outerTile(rows: number, widths: number[]): WasmFunction {
  const params = 11;
  const [a, b, out, outStep, images, height, width, ...steps] = locals(0)(params);
  const [aStep, aRowSkip, aImageSkip, bStep] = steps;
  const local = locals(params);
  const [y, x] = local(2);
  const acc = Array.from({ length: rows }, () => local(widths.length));
  const columns = local(widths.length), [row] = local(1);
  const offsets = widths.map((_, v) => 4 * widths.slice(0, v).reduce((x, y) => x + y, 0));

  const pixel = [
    ...widths.flatMap((width, v) => [
      ...wasm.get(b),
      ...load(width, offsets[v]),
      ...wasm.set(columns[v]),
    ]),
    ...multiplyAdd(
      acc.map((_, m) => [...wasm.get(a), ...wasm.loadSplat(4 * m)]),
      row,
      columns,
      acc,
    ),
    ...wasm.advance(a, { local: aStep }),
    ...wasm.advance(b, { local: bStep }),
  ];
  const body = [
    ...acc.flat().flatMap((local) => [...wasm.zeros, ...wasm.set(local)]),
    ...wasm.repeat(images, [
      ...wasm.get(height),
      ...wasm.set(y),
      ...wasm.repeat(y, [
        ...wasm.get(width),
        ...wasm.set(x),
        ...wasm.repeat(x, pixel),
        ...wasm.advance(a, { local: aRowSkip }),
      ]),
      ...wasm.advance(a, { local: aImageSkip }),
    ]),
    ...acc.flatMap((row) => [
      ...row.flatMap((local, v) => [
        ...wasm.get(out),
        ...wasm.get(out),
        ...load(widths[v], offsets[v]),
        ...wasm.get(local),
        ...wasm.addVectors,
        ...store(widths[v], offsets[v]),
      ]),
      ...wasm.advance(out, { local: outStep }),
    ]),
  ];
  return { name: "tile", params, integers: 2, vectors: (rows + 1) * widths.length + 1, body };
}

/**
 * out[m, :] = Σ over runs and k of a[m, run, k] · b[run, k, :], for the rows m of each group.
 * Addresses, steps and skips are in bytes.
 *
 * @param a row m of group g starts at a + (g·rows + m)·aStep
 * @param b packed: for every run and k the columns of the tile, one after another
 * @param out row m of group g is at out + (g·rows + m)·outStep
 * @param groups how many groups of rows
 * @param runs how many contiguous runs of a a result sums over
 * @param length the length of a run, in floats
 * @param aSkip from the end of one run of a to the start of the next
 * @param accumulate 0 to write the results, 1 to add them to what is there
 */
export type ProductTile = (
  a: number,
  b: number,
  out: number,
  groups: number,
  runs: number,
  length: number,
  aStep: number,
  aSkip: number,
  outStep: number,
  accumulate: number,
) => void;

/** The code of a {@linkcode ProductTile} whose columns are segments of the given widths. */
export function productTile(rows: number, widths: number[]): WasmFunction {
  const params = 10;
  const local = locals(params);
  const [a, b, out, groups, runs, length, aStep, aSkip, outStep, accumulate] = locals(0)(params);
  const aRow = local(rows), outRow = local(rows), [bAt, k, run] = local(3);
  const integers = 2 * rows + 3;
  const acc = Array.from({ length: rows }, () => local(widths.length));
  const columns = local(widths.length), [row] = local(1);
  const offsets = widths.map((_, v) => 4 * widths.slice(0, v).reduce((x, y) => x + y, 0));
  const bytes = 4 * widths.reduce((x, y) => x + y, 0);

  const step = (unrolled: number): Code =>
    Array.from({ length: unrolled }, (_, u) => [
      ...widths.flatMap((width, v) => [
        ...wasm.get(bAt),
        ...load(width, u * bytes + offsets[v]),
        ...wasm.set(columns[v]),
      ]),
      ...multiplyAdd(
        aRow.map((at) => [...wasm.get(at), ...wasm.loadSplat(4 * u)]),
        row,
        columns,
        acc,
      ),
    ]).flat().concat(
      aRow.flatMap((at) => wasm.advance(at, 4 * unrolled)),
      wasm.advance(bAt, unrolled * bytes),
    );
  const each = (code: (at: number, width: number, offset: number, acc: number) => Code) =>
    outRow.flatMap((at, m) => widths.flatMap((width, v) => code(at, width, offsets[v], acc[m][v])));
  const next = (at: number, previous: number, by: number): Code => [
    ...wasm.get(previous),
    ...wasm.get(by),
    ...wasm.add,
    ...wasm.set(at),
  ];

  const body = wasm.repeat(groups, [
    ...aRow.flatMap((at, m) =>
      m ? next(at, aRow[m - 1], aStep) : [...wasm.get(a), ...wasm.set(at)]
    ),
    ...next(a, aRow[rows - 1], aStep),
    ...outRow.flatMap((at, m) =>
      m ? next(at, outRow[m - 1], outStep) : [...wasm.get(out), ...wasm.set(at)]
    ),
    ...next(out, outRow[rows - 1], outStep),
    ...wasm.branch(
      accumulate,
      each((at, width, offset, acc) => [
        ...wasm.get(at),
        ...load(width, offset),
        ...wasm.set(acc),
      ]),
      each((_at, _width, _offset, acc) => [...wasm.zeros, ...wasm.set(acc)]),
    ),
    ...wasm.get(b),
    ...wasm.set(bAt),
    ...wasm.get(runs),
    ...wasm.set(run),
    ...wasm.repeat(run, [
      ...wasm.get(length),
      ...wasm.const(2),
      ...wasm.shiftRight,
      ...wasm.set(k),
      ...wasm.repeat(k, step(4)),
      ...wasm.get(length),
      ...wasm.const(3),
      ...wasm.and,
      ...wasm.set(k),
      ...wasm.repeat(k, step(1)),
      ...aRow.flatMap((at) => wasm.advance(at, { local: aSkip })),
    ]),
    ...each((at, width, offset, acc) => [
      ...wasm.get(at),
      ...wasm.get(acc),
      ...store(width, offset),
    ]),
  ]);
  return { name: "tile", params, integers, vectors: (rows + 1) * widths.length + 1, body };
}
