/**
 * The gradient of the debiased family with respect to its rows z [n, dim], from what
 * {@linkcode contrastRows} keeps of each row:
 *
 *     dz_i = dy / (n·t) · [ Σ over Ω_i of (e^(s_ij + a_i) + e^(s_ij + a_j))·z_j + Σ_m (b_im + b_mi)·z_m ]
 *
 * with a the log of a row's weight on its negatives and b its weights on its positives m. With hard
 * negatives e^(s + a) becomes e^((1+β)s + a) − e^(βs + a'). Each row is summed over the blocks of rows in
 * order. O(n²·dim) operations, O(n·dim) memory. Reference: `tests/support/contrast_reference.ts`;
 * bench: `bench/works/contrast.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { ContrastAttributes } from "../calls.ts";
import { forEachTile, type TileEntry } from "./contrast_tiles.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { threadGrid, threadMain } from "./threads.ts";

/** The gradient [n, dim]; `dy` is the scalar gradient of the mean of the losses. */
export function contrastRowsGradient(
  backend: WebGPUBackend,
  { z, negativeWeights, positiveWeights, dy }: Record<string, tf.TensorInfo>,
  { views, temperature, beta }: ContrastAttributes,
): tf.TensorInfo {
  const [rows, dim] = z.shape;
  const batch = rows / views, quads = dim / 4;
  const step = { f32: 1 / (rows * temperature) };
  const dz = emptyTensor(backend, z.shape);
  const vectors = { z: { tensor: z, element: "vec4f" } };
  const output = { dz: { tensor: dz, element: "vec4f" } };
  runProgram(backend, {
    name: "contrast_positives",
    inputs: { ...vectors, positiveWeights, dy },
    outputs: output,
    uniforms: { size: rows * quads, quads, batch, views, step },
    wgsl: POSITIVES,
    workgroups: threadGrid(backend, rows * quads),
  });
  const weights: TileEntry = {
    name: beta > 0 ? "hard weight" : "weight",
    inputs: { negativeWeights },
    uniforms: { batch, beta: { f32: beta } },
    wgsl: ROW + (beta > 0 ? HARD : PLAIN),
  };
  forEachTile(backend, z, temperature, weights, ({ tiles, parts, uniforms }) => {
    runProgram(backend, {
      name: "contrast_negatives",
      inputs: { tiles: { tensor: tiles, element: "vec4f" }, ...vectors, dy },
      outputs: output,
      uniforms: { ...uniforms, quads, step },
      wgsl: NEGATIVES,
      workgroups: [Math.ceil(quads / 16), uniforms.side, parts],
    });
  });
  return dz;
}

/** dz = Σ over the positives. A thread has four columns of a row. */
const POSITIVES = /* wgsl */ `${threadMain("at")}
  if (at >= u.size) { return; }
  let i = at / u.quads;
  let k = at - i * u.quads;
  let view = i / u.batch;
  let example = i - view * u.batch;
  var sum = vec4f(0);
  for (var v = 0u; v < u.views; v++) {
    if (v == view) { continue; }
    let p = v * u.batch + example;
    sum += (positiveWeights[i * u.views + v] + positiveWeights[p * u.views + view]) * z[p * u.quads + k];
  }
  dz[at] = sum * dy[0] * u.step;
}`;

const ROW = /* wgsl */ `
struct Row { example: u32, negativeWeights: vec2f }
fn row(i: u32) -> Row {
  let at = min(i, u.rows - 1u);
  return Row(at % u.batch, vec2f(negativeWeights[2u * at], negativeWeights[2u * at + 1u]));
}
fn entry(s: f32, i: Row, j: Row) -> f32 {
  return select(weight(s, i.negativeWeights) + weight(s, j.negativeWeights), 0, i.example == j.example);
}`;

const PLAIN = /* wgsl */ `
fn weight(s: f32, negativeWeights: vec2f) -> f32 { return exp(s + negativeWeights.x); }`;

const HARD = /* wgsl */ `
fn weight(s: f32, negativeWeights: vec2f) -> f32 {
  return exp((1 + u.beta) * s + negativeWeights.x) - exp(u.beta * s + negativeWeights.y);
}`;

const QUADS = [0, 1];
const PARTS = ["x", "y", "z", "w"];
const sums = QUADS.flatMap((r) => PARTS.map((part, p) => ({ r, part, p })));

/** dz_i += Σ over the rows j of a tile of w_ij·z_j. A thread has 8 rows and 8 columns. */
const NEGATIVES = /* wgsl */ `
@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let own_i = group.z == 0u;
  if (group.y >= select(u.panels_j, u.panels_i, own_i)) { return; }
  let first = select(u.panel_i, u.panel_j, own_i) * 64u;
  let count = min(select(u.panels_i, u.panels_j, own_i) * 64u, u.rows - first);
  ${QUADS.map((c) => `let k${c} = group.x * 16u + ${8 * c}u + id.x;`).join("\n")}
  ${QUADS.map((c) => `var from${c} = first * u.quads + min(k${c}, u.quads - 1u);`).join("\n")}
  var at = (group.z * u.side + group.y) * u.side * 1024u + id.y;
  ${sums.map(({ r, p }) => QUADS.map((c) => `var s${r}${p}_${c} = vec4f(0);`).join(" ")).join("\n")}
  for (var j = 0u; j < count; j++) {
    ${QUADS.map((r) => `let w${r} = tiles[at + ${8 * r}u];`).join("\n")}
    ${
  QUADS.map((c) =>
    `{
      let x = z[from${c}];
      from${c} += u.quads;
      ${sums.map(({ r, part, p }) => `s${r}${p}_${c} += x * w${r}.${part};`).join("\n")}
    }`
  ).join("\n")
}
    at += 16u;
  }
  let step = dy[0] * u.step;
  let first_i = (select(u.panel_j, u.panel_i, own_i) + group.y) * 64u + id.y * 4u;
  ${
  sums.map(({ r, p }) =>
    QUADS.map((c) =>
      `{
    let i = first_i + ${32 * r + p}u;
    if (i < u.rows && k${c} < u.quads) { dz[i * u.quads + k${c}] += step * s${r}${p}_${c}; }
  }`
    ).join("\n")
  ).join("\n")
}
}`;
