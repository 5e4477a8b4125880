/**
 * The inner loop of matrix products and convolutions.
 *
 * @module
 */
import { type Code, wasm, type WasmFunction } from "./assembler.ts";
import { load, locals, multiplyAdd, store } from "./tile_code.ts";

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
