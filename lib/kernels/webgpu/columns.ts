/**
 * How the kernels over x [rows, columns] share the work: every invocation stays in one column (or
 * in four, as a `vec4f`, where their number allows it) and walks down some rows, so what belongs to
 * a column is loaded once, and neighbors read neighboring numbers. A workgroup owns `chunk` rows;
 * where a row is shorter than a workgroup, `groups` rows are walked side by side.
 *
 * The shape alone decides, so a reduction adds in the same order on every adapter.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Binding } from "./program.ts";
import { range, vectorType, vectorWidth } from "./tiles.ts";

/** Invocations of a workgroup. */
export const LANES = 64;

/**
 * Rows of a walk that are loaded before any is used. On lavapipe one is as fast as two, four spill
 * registers (up to 1.5 times slower) and eight more so (up to 4 times).
 */
const BLOCK = 2;

/** Chunks of a reduction; with fewer, a GPU idles. */
export const REDUCED_CHUNKS = 128;
/** Chunks of what is written element by element. */
export const MAPPED_CHUNKS = 2048;
/** Rows of a walk, where there are as many. */
const SHORTEST = 16;

/** The layout of a matrix over workgroups. */
export interface Columns {
  /** The matrix as it is bound. */
  readonly element: "f32" | "vec4f";
  /** Compiled in: floats of an element, which says what `T` is. */
  readonly constants: { readonly WIDTH: number };
  /** For {@linkcode walkWgsl}; columns are counted in elements. */
  readonly uniforms: Readonly<Record<"rows" | "columns" | "groups" | "chunk", number>>;
  /** Columns in elements. */
  readonly columns: number;
  /** Walks of each column: the partial results a reduction leaves per column. */
  readonly walks: number;
  /** Workgroups. */
  readonly workgroups: readonly [number, number];
}

/** Lays out [rows, columns] with at most `chunks` chunks. */
export function layColumns(rows: number, columns: number, chunks: number): Columns {
  const WIDTH = vectorWidth(columns);
  const across = columns / WIDTH;
  const groups = Math.max(1, Math.floor(LANES / across));
  const chunk = groups * Math.max(SHORTEST, Math.ceil(rows / groups / chunks));
  const y = Math.ceil(rows / chunk);
  return {
    element: vectorType(WIDTH),
    constants: { WIDTH },
    uniforms: { rows, columns: across, groups, chunk },
    columns: across,
    walks: y * groups,
    workgroups: [Math.ceil(across / LANES), y],
  };
}

/** The rows of x [..., columns]. */
export function rowsOf({ shape }: tf.TensorInfo): number {
  return tf.util.sizeFromShape(shape.slice(0, -1));
}

/** Binds tensors by the layout's element. */
export function bindColumns(
  { element }: Columns,
  tensors: Readonly<Record<string, tf.TensorInfo>>,
): Record<string, Binding> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { tensor, element }]),
  );
}

/** Constants of a shader, as its text is given them. */
export type Constants = Readonly<Record<string, number>>;

/** The head of an entry point with the names the texts here go by. */
export const ENTRY: string = `
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32)`;

/**
 * WGSL: the type `T` of an element; `walk(workgroup, lane)`; `walkLength`, the number of rows of a
 * group of a chunk. An invocation without a column has `column` beyond the last and no rows.
 */
export function walkWgsl({ WIDTH }: Constants): string {
  return `
alias T = ${WIDTH === 4 ? "vec4f" : "f32"};
struct Walk {
  column: u32,
  at: u32, // the index of the first element
  step: u32, // from one to the next
  count: u32,
  result: u32, // where the partial result of a reduction belongs
}
fn walkLength(chunk: u32, group: u32) -> u32 {
  let first = chunk * u.chunk + group;
  let end = min(u.rows, (chunk + 1u) * u.chunk);
  return select(0u, (end - first + u.groups - 1u) / u.groups, first < end);
}
fn walk(workgroup: vec3u, lane: u32) -> Walk {
  let across = min(u.columns, ${LANES}u);
  let group = lane / across;
  let column = workgroup.x * ${LANES}u + lane - group * across;
  let inside = group < u.groups && column < u.columns;
  return Walk(
    select(u.columns, column, inside),
    (workgroup.y * u.chunk + group) * u.columns + column,
    u.groups * u.columns,
    select(0u, walkLength(workgroup.y, group), inside),
    (workgroup.y * u.groups + group) * u.columns + column,
  );
}`;
}

/**
 * WGSL that goes down the walk `w`: `block(ks)` is the text for the rows at `i0`, `i1` …, of which
 * `ks` are the numbers; it stands once for a block of rows and once for a single one.
 */
export function downWgsl(block: (ks: readonly number[]) => string): string {
  const ks = range(BLOCK);
  return `
  var i0 = w.at;
  var left = w.count;
  for (; left >= ${BLOCK}u; left -= ${BLOCK}u) {
    ${ks.slice(1).map((k) => `let i${k} = i0 + ${k}u * w.step;`).join("\n    ")}
    ${block(ks)}
    i0 += ${BLOCK}u * w.step;
  }
  for (; left > 0u; left--) {
    ${block([0])}
    i0 += w.step;
  }`;
}

/** The text of each k, joined. */
export function each(
  ks: readonly number[],
  text: (k: number) => string,
  glue = "\n    ",
): string {
  return ks.map(text).join(glue);
}
