/**
 * Matrix products:
 *
 *     y[…, m, n] = act(Σ_k a[…, m, k] · b[…, k, n] + bias[n])
 *
 * Each of a and b may be transposed; the outer dimensions are equal or 1; act is the identity or ReLU.
 *
 * A thread sums a tile of rows and columns of y in registers. If y is small and k long, k is split into
 * slices that other threads sum, and {@linkcode sumSlices} adds them. The slices depend on the shape
 * alone, and so does the order in which each element is summed over k.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/mat_mul_test.ts`; bench: `bench/works/mat_mul.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyTensor, runProgram } from "./program.ts";
import { sliceCount, SLICED_ENTRY, sumSlices } from "./sum_slices.ts";
import { threadGrid } from "./threads.ts";
import { range, tileSide, vectorType, vectorWidth } from "./tiles.ts";
import { tuned } from "./tuner.ts";

/** The attributes of the kernels BatchMatMul and _FusedMatMul. */
export interface MatMulAttrs {
  /** Whether `a` is given as […, k, m]. */
  readonly transposeA: boolean;
  /** Whether `b` is given as […, n, k]. */
  readonly transposeB: boolean;
  /** The function applied to the sum; default `linear`, the identity. */
  readonly activation?: string;
}

/** What one thread sums. */
export interface MatMulTile {
  /** Rows of y; a multiple of four if they are read by four. */
  readonly rows: number;
  /** Columns of y; a multiple of four if they are read by four. */
  readonly columns: number;
}

/** The sizes of a product. */
export interface MatMulShape extends MatMulAttrs {
  /** The outer dimensions of y. */
  readonly outer: readonly number[];
  /** The number of matrices in `a`, `b` and y; `a` or `b` may have one for all. */
  readonly batches: readonly [a: number, b: number, y: number];
  /** Rows of y. */
  readonly m: number;
  /** Columns of y. */
  readonly n: number;
  /** Terms of each sum. */
  readonly k: number;
}

/** Fewest terms in a slice. */
const SLICE = 128;

/** The product; undefined if the stock kernel must run. */
export function matMul(
  backend: WebGPUBackend,
  { a, b, bias, preluActivationWeights }: Record<string, tf.TensorInfo>,
  attrs: MatMulAttrs,
): tf.TensorInfo | undefined {
  if (preluActivationWeights || !["linear", "relu"].includes(attrs.activation ?? "linear")) return;
  if (a.dtype !== "float32" || b.dtype !== "float32") return;
  const shape = matMulShape(a.shape, b.shape, attrs);
  if (!shape || bias && !isRow(bias, shape.n)) return;
  const tile = tuned(backend, {
    kernel: "mat_mul",
    shape: [a.shape, b.shape, attrs.transposeA, attrs.transposeB].join(" "),
    candidates: matMulTiles(shape),
    inputs: [a.shape, b.shape],
    run: (candidate, [a, b]) => product(backend, a, b, undefined, shape, candidate),
  });
  return product(backend, a, b, bias, shape, tile);
}

function isRow({ dtype, shape }: tf.TensorInfo, n: number): boolean {
  return dtype === "float32" && tf.util.sizeFromShape(shape) === n && shape.at(-1) === n;
}

/** The sizes of a product; undefined if outer dimensions broadcast or there is nothing to sum. */
export function matMulShape(
  a: readonly number[],
  b: readonly number[],
  attrs: MatMulAttrs,
): MatMulShape | undefined {
  const [outerA, outerB] = [a.slice(0, -2), b.slice(0, -2)];
  const [batchA, batchB] = [outerA, outerB].map(tf.util.sizeFromShape);
  if (batchA !== 1 && batchB !== 1 && !tf.util.arraysEqual(outerA, outerB)) return;
  const [m, k] = attrs.transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const n = attrs.transposeB ? b.at(-2)! : b.at(-1)!;
  const batch = Math.max(batchA, batchB);
  if (batchA * batchB * m * n * k === 0) return;
  const outer = tf.backend_util.assertAndGetBroadcastShape(outerA, outerB);
  return { ...attrs, outer, batches: [batchA, batchB, batch], m, n, k };
}

/** Tiles worth trying, the default first. */
export function matMulTiles({ m, n }: Pick<MatMulShape, "m" | "n">): MatMulTile[] {
  const tile = (rows: number, columns: number) => ({
    rows: tileSide(m, rows),
    columns: tileSide(n, columns),
  });
  return [tile(8, 8), tile(4, 8), tile(4, 4)];
}

/** The product by a given tile. The tile changes the time and no bit of the result. */
export function product(
  backend: WebGPUBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  { outer, batches, m, n, k, transposeA, transposeB, activation }: MatMulShape,
  { rows, columns }: MatMulTile,
): tf.TensorInfo {
  const relu = activation === "relu";
  // A matrix whose rows lie along y's is read by four numbers, where that comes out even.
  const byM = transposeA ? vectorWidth(m) : 1;
  const byN = transposeB ? 1 : vectorWidth(n);
  const slices = sliceCount(Math.ceil(k / SLICE), batches[2] * m * n);
  const rowBlocks = Math.ceil(m / rows), columnBlocks = Math.ceil(n / columns);
  const threads = batches[2] * slices * rowBlocks * columnBlocks;
  const shape = [...outer, m, n];
  const y = emptyTensor(backend, slices === 1 ? shape : [slices, ...shape]);
  const last = slices === 1;
  runProgram(backend, {
    name: "mat_mul",
    constants: {
      ROWS: rows / byM,
      COLUMNS: columns / byN,
      BY_M: byM,
      BY_N: byN,
      TRANSPOSE_A: Number(transposeA),
      TRANSPOSE_B: Number(transposeB),
      BIAS: Number(last && bias !== undefined),
      RELU: Number(last && relu),
    },
    inputs: {
      a: { tensor: a, element: vectorType(byM) },
      b: { tensor: b, element: vectorType(byN) },
      ...(last && bias ? { bias: { tensor: bias, element: vectorType(byN) } } : {}),
    },
    outputs: { y: { tensor: y, element: vectorType(byN) } },
    uniforms: {
      threads,
      batches: batches[2],
      slices,
      a_batch: batches[0] === 1 ? 0 : m * k / byM,
      b_batch: batches[1] === 1 ? 0 : k * n / byN,
      rows: m / byM,
      columns: n / byN,
      depth: k,
      slice_depth: Math.ceil(k / slices),
      row_blocks: rowBlocks,
      column_blocks: columnBlocks,
    },
    wgsl,
    workgroups: threadGrid(backend, threads),
  });
  return last ? y : sumSlices(backend, y, shape, { bias, relu });
}

/** The WGSL for a tile: unrolled but for the loop over k, with a variable for each sum. */
function wgsl(constants: Readonly<Record<string, number>>): string {
  const { ROWS, COLUMNS, BY_M, BY_N, TRANSPOSE_A, TRANSPOSE_B, BIAS, RELU } = constants;
  const rows = range(ROWS), columns = range(COLUMNS);
  const parts = BY_M === 4 ? [".x", ".y", ".z", ".w"] : [""];
  const sums = rows.flatMap((i) =>
    parts.flatMap((part, p) => columns.map((j) => ({ sum: `s${i}_${p}_${j}`, i, part, p, j })))
  );
  return /* wgsl */ `
alias A = ${BY_M === 4 ? "vec4f" : "f32"};
alias Y = ${BY_N === 4 ? "vec4f" : "f32"};

fn finish(sum: Y, n: u32) -> Y {
  let y = sum${BIAS ? " + Y(bias[n])" : ""};
  return ${RELU ? "select(y, Y(), y < Y())" : "y"};
}

${SLICED_ENTRY}
  let row_block = rest % u.row_blocks;
  rest /= u.row_blocks;
  let slice = rest % u.slices;
  let batch = rest / u.slices;

  // Neighboring threads read neighboring groups; beyond the end, the last one, and keep nothing.
  ${
    rows.map((i) => `
  let m${i} = min(row_block + ${i}u * u.row_blocks, u.rows - 1u);
  let at_a${i} = batch * u.a_batch + m${i}${TRANSPOSE_A ? "" : " * u.depth"};`).join("")
  }
  ${
    columns.map((j) => `
  let n${j} = min(column_block + ${j}u * u.column_blocks, u.columns - 1u);
  let at_b${j} = batch * u.b_batch + n${j}${TRANSPOSE_B ? " * u.depth" : ""};`).join("")
  }
  ${sums.map(({ sum }) => `var ${sum} = Y();`).join("\n")}

  let end = min((slice + 1u) * u.slice_depth, u.depth);
  for (var k = slice * u.slice_depth; k < end; k++) {
    ${
    rows.map((i) => `let a${i} = A(a[at_a${i} + k${TRANSPOSE_A ? " * u.rows" : ""}]);`).join("\n")
  }
    ${
    columns.map((j) => `let b${j} = Y(b[at_b${j} + k${TRANSPOSE_B ? "" : " * u.columns"}]);`).join(
      "\n",
    )
  }
    ${sums.map(({ sum, i, part, j }) => `${sum} = fma(Y(a${i}${part}), b${j}, ${sum});`).join("\n")}
  }

  let first_row = (slice * u.batches + batch) * u.rows;
  ${
    sums.map(({ sum, i, p, j }) => `
  if (row_block + ${i}u * u.row_blocks < u.rows && column_block + ${j}u * u.column_blocks < u.columns) {
    y[((first_row + m${i}) * BY_M + ${p}u) * u.columns + n${j}] = finish(${sum}, n${j});
  }`).join("")
  }
}`;
}
