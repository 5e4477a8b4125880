/**
 * The two inner loops of matrix products and convolutions on wasm. Each keeps a tile of results in
 * registers, `rows` × up to eight columns, and is compiled at first use. Addresses are in bytes.
 *
 * A column segment is a vector of four floats or one float; see {@linkcode segments}. XNNPACK in
 * TensorFlow.js multiplies and adds in two instructions; here it is one where the processor has it.
 *
 * @module
 */
import { assemble, type Code, wasm, type WasmFunction } from "./assembler.ts";

/** The most rows of a tile of products and of outer products; more would not stay in registers. */
export const PRODUCT_ROWS = 5, OUTER_ROWS = 6;

/** The most columns of a tile. */
export const COLUMNS = 8;

/** The widths of the segments of a tile of `columns` ≤ 8 columns: [4, 4], [4], [1, 1, 1] … */
export function segments(columns: number): number[] {
  const vectors = Math.floor(columns / 4);
  return [...new Array(vectors).fill(4), ...new Array(columns % 4).fill(1)];
}

/** Numbers locals in order: parameters and integers first, then vectors. */
function locals(start: number) {
  let next = start;
  return (count: number) => Array.from({ length: count }, () => next++);
}

const load = (width: number, offset: number) =>
  width === 4 ? wasm.load(offset) : wasm.loadFirst(offset);
const store = (width: number, offset: number) =>
  width === 4 ? wasm.store(offset) : wasm.storeFirst(offset);

/** acc[m][v] += (the float at row m) · columns[v]. */
function multiplyAdd(rows: Code[], row: number, columns: number[], acc: number[][]): Code {
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

function productTile(rows: number, widths: number[]): WasmFunction {
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

/**
 * out[m, :] += Σ over pixels of a[pixel, m] · b[pixel, :]. Addresses, steps and skips are in bytes.
 *
 * @param a the rows of the tile are contiguous
 * @param b the columns of the tile are contiguous
 * @param outStep from one row of the result to the next
 * @param images how many images to sum over
 * @param height how many rows an image has
 * @param width how many pixels a row has
 * @param aStep from one pixel of a to the next
 * @param aRowSkip what to skip after the last pixel of a row, on top of aStep
 * @param aImageSkip what to skip after the last row of an image, on top of both
 * @param bStep as aStep, and so on
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
  bRowSkip: number,
  bImageSkip: number,
) => void;

function outerTile(rows: number, widths: number[]): WasmFunction {
  const params = 13;
  const [a, b, out, outStep, images, height, width, ...steps] = locals(0)(params);
  const [aStep, aRowSkip, aImageSkip, bStep, bRowSkip, bImageSkip] = steps;
  const local = locals(params);
  const [y, x] = local(2);
  const acc = Array.from({ length: rows }, () => local(widths.length));
  const columns = local(widths.length), [row] = local(1);
  const offsets = widths.map((_, v) => 4 * widths.slice(0, v).reduce((x, y) => x + y, 0));
  const advance = (aBy: number, bBy: number) => [
    ...wasm.advance(a, { local: aBy }),
    ...wasm.advance(b, { local: bBy }),
  ];

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
    ...advance(aStep, bStep),
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
        ...advance(aRowSkip, bRowSkip),
      ]),
      ...advance(aImageSkip, bImageSkip),
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

/** The tiles over one memory, compiled at first use. */
export class Tiles {
  #memory: WebAssembly.Memory;
  #compiled = new Map<string, WebAssembly.ExportValue>();

  /** Nothing is compiled yet. */
  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Products of 1 to {@linkcode PRODUCT_ROWS} rows and 1 to {@linkcode COLUMNS} columns. */
  product(rows: number, columns: number): ProductTile {
    return this.#tile(productTile, rows, columns) as ProductTile;
  }

  /** Outer products of 1 to {@linkcode OUTER_ROWS} rows and 1 to {@linkcode COLUMNS} columns. */
  outer(rows: number, columns: number): OuterTile {
    return this.#tile(outerTile, rows, columns) as OuterTile;
  }

  #tile(make: typeof productTile, rows: number, columns: number): WebAssembly.ExportValue {
    const key = `${make.name} ${rows} ${columns}`;
    let tile = this.#compiled.get(key);
    if (!tile) {
      const module = new WebAssembly.Module(assemble([make(rows, segments(columns))]));
      tile = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports.tile;
      this.#compiled.set(key, tile);
    }
    return tile;
  }
}
