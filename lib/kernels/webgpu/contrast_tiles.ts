/**
 * The similarities of all rows z [n, dim] with all others, a square tile of rows I × rows J at a time:
 *
 *     s_ij = z_i·z_j / t
 *
 * At most two tiles are in memory at a time. Because s_ij = s_ji, only tiles with I ≤ J are computed.
 * Each is stored twice, once by the rows of I and once by those of J, so that the next pass can write
 * the result of each row from one thread. Rows are in panels of 64: z is packed as [panels, dim, 64],
 * with zeros after row n, and a tile is stored as [panels of its rows, columns, 64 rows].
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { emptyTensor, runProgram, submit, type Uniform } from "./program.ts";
import { linearGrid } from "./threads.ts";

/** Rows in a panel. */
export const PANEL = 64;

/** Most panels along the side of a tile: 8 MiB of tiles, and short dispatches on any device. */
const SIDE = 16;

/** The two tiles of one pair of blocks of rows, for {@linkcode forEachTile}. */
export interface TilePair {
  /** [parts, side, side·64, 64]: s of the rows of I to those of J and, if I < J, the reverse. */
  readonly tiles: tf.TensorInfo;
  /** 1 where I = J, else 2. */
  readonly parts: 1 | 2;
  /** The uniforms of a program that reads the tiles. */
  readonly uniforms: {
    /** Panels of a whole block. */
    readonly side: number;
    /** The first panel of I. */
    readonly panel_i: number;
    /** The first panel of J. */
    readonly panel_j: number;
    /** Panels of I. */
    readonly panels_i: number;
    /** Panels of J. */
    readonly panels_j: number;
    /** The number of rows of z. */
    readonly rows: number;
  };
}

/** A function of a similarity, whose value is stored in the tile. */
export interface TileEntry {
  /** The name of `wgsl`, by which its pipeline is found again. */
  readonly name: string;
  /** The tensors that `wgsl` reads, by binding. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** The uniforms that `wgsl` reads. */
  readonly uniforms: Readonly<Record<string, Uniform>>;
  /**
   * WGSL of `alias Row` with `fn row(i: u32) -> Row`, which loads the data of a row, and
   * `fn entry(s: f32, i: Row, j: Row) -> f32`, which must be symmetric in i and j.
   */
  readonly wgsl: string;
}

/** Computes the tiles of all pairs of blocks, and calls `use` after each; frees its tensors. */
export function forEachTile(
  backend: WebGPUBackend,
  z: tf.TensorInfo,
  temperature: number,
  entry: TileEntry,
  use: (pair: TilePair) => void,
): void {
  const [rows, dim] = z.shape;
  const panels = Math.ceil(rows / PANEL);
  const side = Math.min(SIDE, panels);
  const packed = pack(backend, z);
  const tiles = emptyTensor(backend, [panels > side ? 2 : 1, side, side * PANEL, PANEL]);
  for (let panel_i = 0; panel_i < panels; panel_i += side) {
    const panels_i = Math.min(side, panels - panel_i);
    for (let panel_j = panel_i; panel_j < panels; panel_j += side) {
      const panels_j = Math.min(side, panels - panel_j);
      const uniforms = { side, panel_i, panel_j, panels_i, panels_j, rows };
      runProgram(backend, {
        name: `contrast_tiles ${entry.name}`,
        inputs: { z: { tensor: packed, element: "vec4f" }, ...entry.inputs },
        outputs: { tiles: { tensor: tiles, element: "vec4f" } },
        uniforms: { ...uniforms, dim, scale: { f32: 1 / temperature }, ...entry.uniforms },
        wgsl: () => TILES + entry.wgsl,
        workgroups: [panels_j, panels_i],
      });
      use({ tiles, parts: panel_i === panel_j ? 1 : 2, uniforms });
    }
  }
  backend.disposeData(packed.dataId);
  backend.disposeData(tiles.dataId);
  submit(backend); // so that their memory can be used again at once
}

/** Packs z [n, dim], dim a multiple of 4, as [panels, dim, 64]. */
function pack(backend: WebGPUBackend, z: tf.TensorInfo): tf.TensorInfo {
  const [rows, dim] = z.shape;
  const panels = Math.ceil(rows / PANEL);
  const packed = emptyTensor(backend, [panels, dim, PANEL]);
  runProgram(backend, {
    name: "contrast_pack",
    inputs: { z: { tensor: z, element: "vec4f" } },
    outputs: { packed },
    uniforms: { rows, quads: dim / 4, groups: panels * dim / 4 },
    wgsl: PACK,
    workgroups: linearGrid(backend, panels * dim / 4),
  });
  return packed;
}

const PACK = /* wgsl */ `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let at = group.y * groups.x + group.x;
  if (at >= u.groups) { return; }
  let row = at / u.quads * 64u + lane;
  let quad = at % u.quads;
  let x = select(vec4f(0), z[min(row, u.rows - 1u) * u.quads + quad], row < u.rows);
  let to = at * 256u + lane;
  packed[to] = x.x;
  packed[to + 64u] = x.y;
  packed[to + 128u] = x.z;
  packed[to + 192u] = x.w;
}`;

/** Rows of I that a thread owns, in fours; as many of J. */
const QUADS = [0, 1];
const PARTS = ["x", "y", "z", "w"];
const sums = QUADS.flatMap((r) => PARTS.map((part, p) => ({ r, part, p })));

/** A workgroup makes 64 × 64 similarities, a thread 8 × 8. Vectors run over the rows of J. */
const TILES = /* wgsl */ `
@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let panel_i = u.panel_i + group.y;
  let panel_j = u.panel_j + group.x;
  if (panel_i > panel_j) { return; } // in the block on the diagonal, what is written from the other side
  var at_i = panel_i * u.dim * 16u + id.y;
  var at_j = panel_j * u.dim * 16u + id.x;
  ${sums.map(({ r, p }) => QUADS.map((c) => `var s${r}${p}_${c} = vec4f(0);`).join(" ")).join("\n")}
  for (var k = 0u; k < u.dim; k++) {
    ${QUADS.map((r) => `let x${r} = z[at_i + ${8 * r}u];`).join("\n")}
    ${
  QUADS.map((c) =>
    `{
      let y = z[at_j + ${8 * c}u];
      ${sums.map(({ r, part, p }) => `s${r}${p}_${c} += y * x${r}.${part};`).join("\n")}
    }`
  ).join("\n")
}
    at_i += 16u;
    at_j += 16u;
  }

  let first_i = panel_i * 64u + id.y * 4u;
  let first_j = panel_j * 64u + id.x * 4u;
  ${sums.map(({ r, p }) => `let i${r}${p} = row(first_i + ${32 * r + p}u);`).join("\n")}
  ${sums.map(({ r, p }) => `let j${r}${p} = row(first_j + ${32 * r + p}u);`).join("\n")}
  ${
  sums.map(({ r, p }) =>
    QUADS.map((c) =>
      `let e${r}${p}_${c} = vec4f(${
        PARTS.map((q, j) => `entry(u.scale * s${r}${p}_${c}.${q}, i${r}${p}, j${c}${j})`).join(", ")
      });`
    ).join("\n")
  ).join("\n")
}

  // For the rows of I: panel, row of J, and fours of rows of I.
  let to_i = (group.y * u.side * 64u + group.x * 64u + id.x * 4u) * 16u + id.y;
  ${
  QUADS.flatMap((r) =>
    QUADS.flatMap((c) =>
      PARTS.map((part, q) =>
        `tiles[to_i + ${(32 * c + q) * 16 + 8 * r}u] = vec4f(${
          PARTS.map((_, p) => `e${r}${p}_${c}.${part}`).join(", ")
        });`
      )
    )
  ).join("\n")
}
  if (panel_i == panel_j) { return; }
  let part = select(0u, u.side * u.side * 1024u, u.panel_i != u.panel_j);
  let to_j = part + (group.x * u.side * 64u + group.y * 64u + id.y * 4u) * 16u + id.x;
  ${
  sums.map(({ r, p }) =>
    QUADS.map((c) => `tiles[to_j + ${(32 * r + p) * 16 + 8 * c}u] = e${r}${p}_${c};`).join("\n")
  ).join("\n")
}
}
`;
