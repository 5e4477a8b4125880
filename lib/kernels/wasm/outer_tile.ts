/**
 * The inner loop of the gradient by a filter, and of sums.
 *
 * @module
 */
import { wasm, type WasmFunction } from "./assembler.ts";
import { load, locals, multiplyAdd, store } from "./tile_code.ts";

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
