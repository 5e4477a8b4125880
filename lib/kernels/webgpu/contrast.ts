/**
 * The debiased family in O(rows · dim) memory. For unit rows z [n, dim] of V views of B examples, row
 * v·B + b view v of example b, s_ij = z_i·z_j / t, M = V − 1 positives m of each row, K = n − V
 * negatives, the rows Ω_i of other examples:
 *
 *     ℓ = ln Σ over Ω of e^s                 π = ln mean_m e^(s_m)        x = ln(τ⁺K) + π − ℓ
 *     U = ℓ + ln(1 − eˣ) − ln(1 − τ⁺)        where x < 0, else −∞
 *     γ = max(U, ln K − 1/t)                 a = [U ≥ ln K − 1/t]
 *     loss = mean_m softplus(γ − s_m)        q_m = sigmoid(γ − s_m)       Q = mean_m q_m
 *
 * and so, with C = a·Q·e^(−γ) / (1 − τ⁺) and b_m = −(q_m + C·τ⁺K·e^(s_m)) / M, the gradient of the mean
 * of the losses, in which every row sums its own:
 *
 *     ∂L/∂z_i = 1/(n·t) · [ Σ over Ω_i of (C_i + C_j)·e^(s_ij)·z_j + Σ_m (b_im + b_mi)·z_m ]
 *
 * Hard negatives: ℓ becomes ln K + α − μ with α = ln Σ e^((1+β)s) and μ = ln Σ e^(βs) over Ω, and the
 * weight C·e^s becomes a·Q·e^(ℓ−γ) / (1 − τ⁺) · [(1+β)·e^((1+β)s − α) − β·e^(βs − μ)]. Biased is
 * τ⁺ = 0 without the clamp; decoupled has γ − s_m in place of its softplus, so q = 1.
 *
 * This file has a pass over the tiles of s for ℓ, then one for the loss and the weights of each row.
 * The gradient is in `contrast_gradient.ts`. O(n²·dim) operations, O(n·dim) memory. Reference:
 * `tests/support/contrast_reference.ts`; bench: `bench/works/contrast.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { ContrastAttributes } from "../calls.ts";
import { forEachTile, PANEL, type TileEntry } from "./contrast_tiles.ts";
import { emptyTensor, runProgram } from "./program.ts";

/** Used in place of −∞, the logarithm of an empty sum, so that it can be added and compared. */
export const NOTHING = -1e30;

/**
 * Returns [losses, clamped, negativeWeights, positiveWeights]: the loss of each row [n]; 1 for a
 * clamped row, else 0 [n]; and for the gradient, the logs of the weights on the negatives [n, 2] and
 * the weights on the positives by their views [n, V].
 */
export function contrastRows(
  backend: WebGPUBackend,
  { z }: Record<string, tf.TensorInfo>,
  attrs: ContrastAttributes,
): tf.TensorInfo[] {
  const { views, temperature, tauPlus, beta, form } = attrs;
  const [rows, dim] = z.shape;
  const batch = rows / views, count = rows - views;
  const padded = Math.ceil(rows / PANEL) * PANEL;
  const sums = emptyTensor(backend, [3, padded]);
  forEachTile(backend, z, temperature, SIMILARITY, ({ tiles, parts, uniforms }) => {
    runProgram(backend, {
      name: "contrast_sums",
      constants: { HARD: Number(beta > 0) },
      inputs: { tiles: { tensor: tiles, element: "vec4f" } },
      outputs: { sums: { tensor: sums, element: "vec4f" } },
      uniforms: { ...uniforms, batch, quads: padded / 4, beta: { f32: beta } },
      wgsl: SUMS,
      workgroups: [Math.ceil(uniforms.side / 4), parts],
    });
  });
  const [losses, clamped] = [emptyTensor(backend, [rows]), emptyTensor(backend, [rows])];
  const [negativeWeights, positiveWeights] = [
    emptyTensor(backend, [rows, 2]),
    emptyTensor(backend, [rows, views]),
  ];
  runProgram(backend, {
    name: "contrast_rows",
    inputs: { z: { tensor: z, element: "vec4f" }, sums },
    outputs: {
      losses,
      clamped,
      negativeWeights: { tensor: negativeWeights, element: "vec2f" },
      positiveWeights,
    },
    uniforms: {
      rows,
      padded,
      quads: dim / 4,
      batch,
      views,
      hard: Number(beta > 0),
      decoupled: Number(form === "decoupled"),
      scale: { f32: 1 / temperature },
      beta: { f32: beta },
      log_count: { f32: Math.log(count) },
      log_positives: { f32: Math.log(views - 1) },
      log_share: { f32: tauPlus > 0 ? Math.log(tauPlus * count) : NOTHING },
      log_rest: { f32: Math.log1p(-tauPlus) },
      floor: { f32: form === "debiased" ? Math.log(count) - 1 / temperature : NOTHING },
      nothing: { f32: NOTHING },
    },
    wgsl: ROWS,
    workgroups: [Math.ceil(rows / 64)],
  });
  backend.disposeData(sums.dataId);
  return [losses, clamped, negativeWeights, positiveWeights];
}

const SIMILARITY: TileEntry = {
  name: "similarity",
  inputs: {},
  uniforms: {},
  wgsl: /* wgsl */ `
alias Row = u32;
fn row(i: u32) -> Row { return i; }
fn entry(s: f32, i: Row, j: Row) -> f32 { return s; }`,
};

/**
 * Adds a tile to the sums of each row over the rows of other examples: with m the largest s so far,
 * Σ e^((1+β)(s−m)) and Σ e^(β(s−m)). A thread has four rows; m is updated once for four columns.
 */
const SUMS = /* wgsl */ `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let own_i = group.y == 0u;
  let panel = group.x * 4u + lane / 16u;
  if (panel >= select(u.panels_j, u.panels_i, own_i)) { return; }
  let quad = (select(u.panel_j, u.panel_i, own_i) + panel) * 16u + lane % 16u;
  let examples = (vec4u(quad * 4u) + vec4u(0, 1, 2, 3)) % u.batch;
  let first = select(u.panel_i, u.panel_j, own_i) * 64u;
  let columns = min(select(u.panels_i, u.panels_j, own_i) * 64u, u.rows - first);
  var at = (group.y * u.side + panel) * u.side * 1024u + lane % 16u;
  var example = first % u.batch;

  var largest = vec4f(${NOTHING});
  var sum = vec4f(0);
  var weights = vec4f(0);
  // Rows of I were met with every block before, and with I itself first of those that follow.
  if (u.panel_i > 0u || (own_i && u.panel_j > u.panel_i)) {
    largest = sums[quad];
    sum = sums[u.quads + quad];
    weights = sums[2u * u.quads + quad];
  }
  for (var j = 0u; j < columns; j += 4u) {
    ${
  [0, 1, 2, 3].map((c) => `
    let s${c} = tiles[at + ${16 * c}u];
    let other${c} = (examples != vec4u(example)) & vec4<bool>(j + ${c}u < columns);
    example = select(example + 1u, 0u, example + 1u == u.batch);`).join("")
}
    let before = largest;
    ${
  [0, 1, 2, 3].map((c) => `largest = max(largest, select(largest, s${c}, other${c}));`).join("\n")
}
    let shrink = before - largest;
    if (HARD == 0u) {
      sum *= exp(shrink);
      ${
  [0, 1, 2, 3].map((c) => `sum += select(vec4f(0), exp(s${c} - largest), other${c});`).join("\n")
}
    } else {
      let soft = exp(u.beta * shrink);
      sum *= soft * exp(shrink);
      weights *= soft;
      ${
  [0, 1, 2, 3].map((c) =>
    `{
        let x = s${c} - largest;
        let weight = select(vec4f(0), exp(u.beta * x), other${c});
        weights += weight;
        sum += weight * exp(min(x, vec4f(0)));
      }`
  ).join("\n")
}
    }
    at += 64u;
  }
  sums[quad] = largest;
  sums[u.quads + quad] = sum;
  sums[2u * u.quads + quad] = weights;
}`;

/** The loss and the weights of a row from its sums. A thread has one row. */
const ROWS = /* wgsl */ `
fn log1p_small(x: f32) -> f32 { // x in [0, 1]
  return select(log(1 + x), x * (1 - x * (0.5 - x * (0.33333333 - 0.25 * x))), x < 0.01);
}
fn softplus(x: f32) -> f32 { return max(x, 0) + log1p_small(exp(-abs(x))); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= u.rows) { return; }
  let view = i / u.batch;
  let example = i - view * u.batch;

  var most = u.nothing;
  for (var v = 0u; v < u.views; v++) {
    if (v == view) { continue; }
    let p = v * u.batch + example;
    var product = 0.0;
    for (var k = 0u; k < u.quads; k++) {
      let terms = z[i * u.quads + k] * z[p * u.quads + k];
      product += (terms.x + terms.y) + (terms.z + terms.w);
    }
    positiveWeights[i * u.views + v] = product * u.scale;
    most = max(most, product * u.scale);
  }
  var sum = 0.0;
  for (var v = 0u; v < u.views; v++) {
    if (v != view) { sum += exp(positiveWeights[i * u.views + v] - most); }
  }
  let positive = most + log(sum) - u.log_positives;

  let largest = sums[i];
  let log_sum = log(sums[u.padded + i]);
  var log_weights = 0.0;
  var negatives = largest + log_sum;
  if (u.hard == 1u) {
    log_weights = log(sums[2u * u.padded + i]);
    negatives += u.log_count - log_weights;
  }

  let share = exp(min(u.log_share + positive - negatives, 0));
  // Where nothing is left of the negatives, the logarithm of 0 must not be taken.
  var estimate = u.floor - 1;
  if (share < 1) { estimate = negatives + log(1 - share) - u.log_rest; }
  let clamps = estimate < u.floor;
  let gamma = max(estimate, u.floor);

  // q is the slope of the loss in gamma for each positive; its mean's logarithm is kept.
  var loss = 0.0;
  var steepest = u.nothing;
  for (var v = 0u; v < u.views; v++) {
    if (v == view) { continue; }
    let x = gamma - positiveWeights[i * u.views + v];
    loss += select(softplus(x), x, u.decoupled == 1u);
    steepest = max(steepest, select(-softplus(-x), 0, u.decoupled == 1u));
  }
  var slope = 0.0;
  for (var v = 0u; v < u.views; v++) {
    if (v == view) { continue; }
    let x = gamma - positiveWeights[i * u.views + v];
    slope += exp(select(-softplus(-x), 0, u.decoupled == 1u) - steepest);
  }
  let log_slope = steepest + log(slope) - u.log_positives;
  let positives = f32(u.views - 1u);
  for (var v = 0u; v < u.views; v++) {
    let at = i * u.views + v;
    if (v == view) { positiveWeights[at] = 0; continue; }
    let s = positiveWeights[at];
    var weight = exp(select(-softplus(s - gamma), 0, u.decoupled == 1u));
    if (!clamps) { weight += exp(log_slope + u.log_share - u.log_rest + s - gamma); }
    positiveWeights[at] = -weight / positives;
  }

  losses[i] = loss / positives;
  clamped[i] = f32(clamps);
  var logNegativeWeights = vec2f(u.nothing);
  if (!clamps) {
    let base = log_slope - gamma - u.log_rest;
    logNegativeWeights.x = base;
    if (u.hard == 1u) {
      let weighted = base + negatives;
      logNegativeWeights.x = weighted + log(1 + u.beta) - ((1 + u.beta) * largest + log_sum);
      logNegativeWeights.y = weighted + log(u.beta) - (u.beta * largest + log_weights);
    }
  }
  negativeWeights[i] = logNegativeWeights;
}`;
