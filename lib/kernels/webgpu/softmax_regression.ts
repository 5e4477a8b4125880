/**
 * Softmax regression on chosen rows of X: the mean cross-entropy and its gradient in two passes over
 * those rows. With i over `count` rows, x_i the d features and a 1 for the bias, W [d + 1, classes]:
 *
 *     z_i = x_i·W,   p_i = softmax(z_i),   r_i = p_i − onehot(label_i)
 *     loss = 1/count · Σ −ln p_i[label_i],   gradient = 1/count · Σ x_iᵀ r_i     [d + 1, classes]
 *
 * In the first pass a thread has four rows, and keeps their logits in registers. In the second pass a
 * thread has four columns of a chunk of rows; the sums of several chunks are added in order at the
 * end. For 60,000 × 512 and 10 classes, each pass takes a fifteenth of the time of the backend's
 * matrix product.
 *
 * Tests and reference: `tests/lib/evaluate/softmax_test.ts`; bench: `bench/works/linear.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { RowRange } from "../calls.ts";
import { type Binding, emptyTensor, runProgram } from "./program.ts";
import { linearGrid, threadGrid, threadMain } from "./threads.ts";
import { range, vectorType, vectorWidth } from "./tiles.ts";

const THREADS = 64;
/** Rows of a thread of the first pass. */
const ROWS = 4;
/** Rows whose gradient is summed by one thread; not tuned, because it changes the rounding. */
const CHUNK = 512;

/**
 * The kernel `SoftmaxRegression`: x [n, d], labels int32 [n], order int32 [m] (rows of x), weights
 * [d + 1, classes] with the bias last; returns the gradient [d + 1, classes] and the loss, a scalar. It
 * is for few classes: all logits of a row are in the registers of one thread.
 */
export function softmaxRegression(
  backend: WebGPUBackend,
  inputs: Record<string, tf.TensorInfo>,
  { start, count }: RowRange,
): tf.TensorInfo[] {
  const { x, labels, order, weights } = inputs;
  const [examples, dim] = x.shape;
  const classes = weights.shape[1];
  const residuals = emptyTensor(backend, [count, classes]);
  const losses = emptyTensor(backend, [count]);
  // The logits, hence W and r, are read two at a time where their number allows it.
  const pairs = (tensor: tf.TensorInfo): Binding => ({
    tensor,
    element: classes % 2 === 0 ? "vec2f" : "f32",
  });
  const constants = { CLASSES: classes };
  runProgram(backend, {
    name: "softmax_regression_residuals",
    constants,
    inputs: { x, labels, order, weights: pairs(weights) },
    outputs: { residuals, losses },
    uniforms: { start, count, dim, examples },
    wgsl: () => residualShader(classes),
    workgroups: linearGrid(backend, Math.ceil(count / (ROWS * THREADS))),
  });

  const chunks = Math.ceil(count / CHUNK);
  const columns = vectorWidth(dim);
  const element = vectorType(columns);
  const tiles = Math.ceil(dim / (columns * THREADS));
  const size = (dim + 1) * classes;
  const scale = { f32: 1 / count };
  const gradient = emptyTensor(backend, [dim + 1, classes]);
  const loss = emptyTensor(backend, []);
  const gradients = chunks === 1 ? gradient : emptyTensor(backend, [chunks, size]);
  const lossSums = chunks === 1 ? loss : emptyTensor(backend, [chunks]);
  runProgram(backend, {
    name: "softmax_regression_gradient",
    constants,
    inputs: { x: { tensor: x, element }, order, residuals: pairs(residuals), losses },
    outputs: { gradients, loss_sums: lossSums },
    uniforms: {
      start,
      count,
      dim: dim / columns,
      examples,
      tiles,
      scale: chunks === 1 ? scale : { f32: 1 },
    },
    wgsl: () => gradientShader(classes, columns),
    workgroups: [tiles + 1, ...linearGrid(backend, chunks)],
  });
  backend.disposeData(residuals.dataId);
  backend.disposeData(losses.dataId);
  if (chunks > 1) {
    runProgram(backend, {
      name: "softmax_regression_sum",
      inputs: { gradients, loss_sums: lossSums },
      outputs: { gradient, loss },
      uniforms: { chunks, size, scale },
      wgsl: SUM,
      workgroups: threadGrid(backend, size + 1),
    });
    backend.disposeData(gradients.dataId);
    backend.disposeData(lossSums.dataId);
  }
  return [gradient, loss];
}

/** WGSL that reads row `row` of W or r into `name0`, `name1`, … */
function readClasses(from: string, row: string, name: string, classes: number): string {
  if (classes % 2 === 1) {
    return range(classes).map((c) => `let ${name}${c} = ${from}[${row} * ${classes}u + ${c}u];`)
      .join("\n    ");
  }
  const half = classes / 2;
  return range(half).map((p) =>
    `let ${name}_${p} = ${from}[${row} * ${half}u + ${p}u]; ` +
    `let ${name}${2 * p} = ${name}_${p}.x; let ${name}${2 * p + 1} = ${name}_${p}.y;`
  ).join("\n    ");
}

function residualShader(classes: number): string {
  const rows = range(ROWS), all = range(classes);
  const most = (r: number) => all.map((c) => `z${r}_${c}`).reduce((a, b) => `max(${a}, ${b})`);
  return `${threadMain("first", ROWS)}
  ${
    rows.map((r) => `
  let i${r} = first + ${r * THREADS}u;
  let row${r} = min(u32(order[u.start + min(i${r}, u.count - 1u)]), u.examples - 1u);
  let at${r} = row${r} * u.dim;
  ${all.map((c) => `var z${r}_${c} = 0.0;`).join(" ")}`).join("")
  }
  for (var j = 0u; j < u.dim; j++) {
    ${readClasses("weights", "j", "w", classes)}
    ${
    rows.map((r) =>
      `let x${r} = x[at${r} + j]; ${all.map((c) => `z${r}_${c} += x${r} * w${c};`).join(" ")}`
    ).join("\n    ")
  }
  }
  {
    ${readClasses("weights", "u.dim", "w", classes)}
    ${rows.map((r) => all.map((c) => `z${r}_${c} += w${c};`).join(" ")).join("\n    ")}
  }
  ${
    rows.map((r) => `
  if (i${r} < u.count) {
    let label = u32(labels[row${r}]);
    let most = ${most(r)};
    ${all.map((c) => `let e${c} = exp(z${r}_${c} - most);`).join(" ")}
    let total = ${all.map((c) => `e${c}`).join(" + ")};
    var own = 0.0;
    ${all.map((c) => `own = select(own, z${r}_${c}, label == ${c}u);`).join(" ")}
    losses[i${r}] = log(total) + most - own;
    ${
      all.map((c) =>
        `residuals[i${r} * CLASSES + ${c}u] = e${c} / total - select(0.0, 1.0, label == ${c}u);`
      ).join("\n    ")
    }
  }`).join("")
  }
}`;
}

function gradientShader(classes: number, columns: number): string {
  const all = range(classes);
  const zero = columns === 4 ? "vec4f()" : "0.0";
  const component = (q: number) => columns === 4 ? `[${q}]` : "";
  const residual = classes % 2 === 0 ? "residuals[k >> 1u][k & 1u]" : "residuals[k]";
  return `
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunk = group.z * groups.y + group.y;
  let begin = chunk * ${CHUNK}u;
  if (begin >= u.count) { return; }
  let end = min(u.count, begin + ${CHUNK}u);
  let base = chunk * (u.dim * ${columns}u + 1u) * CLASSES;
  if (group.x == u.tiles) {
    // The bias, whose feature is 1, and the loss.
    for (var c = lane; c <= CLASSES; c += ${THREADS}u) {
      var sum = 0.0;
      if (c < CLASSES) {
        for (var i = begin; i < end; i++) {
          let k = i * CLASSES + c;
          sum += ${residual};
        }
        gradients[base + u.dim * ${columns}u * CLASSES + c] = u.scale * sum;
      } else {
        for (var i = begin; i < end; i++) { sum += losses[i]; }
        loss_sums[chunk] = u.scale * sum;
      }
    }
    return;
  }
  let j = group.x * ${THREADS}u + lane;
  let column = min(j, u.dim - 1u);
  ${all.map((c) => `var g${c} = ${zero};`).join(" ")}
  for (var i = begin; i < end; i++) {
    let v = x[min(u32(order[u.start + i]), u.examples - 1u) * u.dim + column];
    ${readClasses("residuals", "i", "r", classes)}
    ${all.map((c) => `g${c} += v * r${c};`).join(" ")}
  }
  if (j >= u.dim) { return; }
  ${
    range(columns).map((q) => `
  {
    let to = base + (j * ${columns}u + ${q}u) * CLASSES;
    ${all.map((c) => `gradients[to + ${c}u] = u.scale * g${c}${component(q)};`).join(" ")}
  }`).join("")
  }
}`;
}

const SUM = `${threadMain("e")}
  var sum = 0.0;
  if (e < u.size) {
    for (var chunk = 0u; chunk < u.chunks; chunk++) { sum += gradients[chunk * u.size + e]; }
    gradient[e] = u.scale * sum;
  } else if (e == u.size) {
    for (var chunk = 0u; chunk < u.chunks; chunk++) { sum += loss_sums[chunk]; }
    loss[0] = u.scale * sum;
  }
}`;
