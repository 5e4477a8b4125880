/**
 * How the kernels over x [rows, columns] divide the work. Each invocation handles one column (or four,
 * as a `vec4f`, if the number of columns is a multiple of four) and walks down some rows. So the data
 * of a column is loaded once, and neighboring invocations read neighboring numbers. A workgroup has
 * `chunk` rows. If a row is shorter than a workgroup, it walks down `groups` rows side by side.
 *
 * The layout depends on the shape alone, so a reduction adds in the same order on every adapter.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Binding } from "./program.ts";
import { range, vectorType, vectorWidth } from "./tiles.ts";

/** Invocations in a workgroup. */
export const LANES = 64;

/**
 * Rows of a walk that are loaded before any is used. On lavapipe one is as fast as two, four spill
 * registers (up to 1.5 times slower) and eight more so (up to 4 times).
 */
const BLOCK = 2;

/** Most chunks of a reduction; with fewer, a GPU has too little to do. */
export const REDUCED_CHUNKS = 128;
/** Most chunks of a kernel that writes an element for each it reads. */
export const MAPPED_CHUNKS = 2048;
/** Fewest rows of a walk, if there are so many. */
const SHORTEST = 16;

/** The layout of a matrix over workgroups. */
export interface Columns {
  /** The type of an element in the shader. */
  readonly element: "f32" | "vec4f";
  /** Floats in an element, 1 or 4; compiled into the shader. */
  readonly constants: { readonly WIDTH: number };
  /** For {@linkcode walkWgsl}; columns are counted in elements. */
  readonly uniforms: Readonly<Record<"rows" | "columns" | "groups" | "chunk", number>>;
  /** Columns in elements. */
  readonly columns: number;
  /** Walks down each column, and so the partial results of a reduction for each column. */
  readonly walks: number;
  /** Workgroups in x and y. */
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

/** The number of rows of x [..., columns]. */
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

/** The constants from which the text of a shader is made, by name. */
export type Constants = Readonly<Record<string, number>>;

/** WGSL: the head of an entry point, with the names that the other texts in this file use. */
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
 * WGSL of a loop down the walk `w`. `block(ks)` is the text for the rows at `i0`, `i1` …, where `ks`
 * are 0, 1 …; it is used once for a block of rows and once for a single row.
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

/** The texts for each k, joined. */
export function each(
  ks: readonly number[],
  text: (k: number) => string,
  glue = "\n    ",
): string {
  return ks.map(text).join(glue);
}
