/**
 * Batch normalization (Ioffe & Szegedy 2015, arXiv:1502.03167) of x [rows, c]; images [b, h, w, c] are
 * b·h·w rows. The same pass can also compute what often follows: max(y, 0), or the end of a residual
 * block, max(y + residual, 0):
 *
 *     μ_c = ⟨x_c⟩,  v_c = ⟨(x_c − μ_c)²⟩,   y = γ·(x − μ)/√(v + ε) + β
 *     running mean ← running mean + f·(μ − running mean),  running variance the same with v·m/(m − 1)
 *
 * Two passes over x in training. Pass 1 computes the mean and the sum of squared deviations of each
 * walk down some rows, and merges them as in Chan, Golub & LeVeque (1983). Pass 2 computes y. Means
 * are kept relative to the first value of the walk, so that a mean far from zero loses no digits.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/batch_norm_test.ts`; bench: `bench/works/batch_norm.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { BatchNormAttributes, BatchNormTrainingAttributes } from "../calls.ts";
import {
  bindColumns,
  type Constants,
  downWgsl,
  each,
  ENTRY,
  LANES,
  layColumns,
  MAPPED_CHUNKS,
  REDUCED_CHUNKS,
  rowsOf,
  walkWgsl,
} from "./columns.ts";
import { emptyLike } from "./mixed.ts";
import { emptyTensor, runProgram } from "./program.ts";

/** WGSL: the statistics of some rows (their number, mean and Σ(x − mean)²), and how two are merged. */
const MERGE = `
struct Moments { n: f32, mean: T, m2: T }
fn merged(a: Moments, b: Moments) -> Moments {
  if (b.n == 0f) { return a; }
  let n = a.n + b.n;
  let d = b.mean - a.mean;
  let share = b.n / n;
  return Moments(n, a.mean + d * share, a.m2 + b.m2 + d * d * (a.n * share));
}`;

const momentsWgsl = (constants: Constants) =>
  `${walkWgsl(constants)}${MERGE}
${ENTRY} {
  let w = walk(workgroup, lane);
  if (w.column >= u.columns) { return; }
  var pivot = T();
  if (w.count > 0u) { pivot = T(x[w.at]); }
  var all = Moments();
  ${
    downWgsl((ks) => `
    ${each(ks, (k) => `let v${k} = T(x[i${k}]) - pivot;`)}
    let mean = (${each(ks, (k) => `v${k}`, " + ")}) * ${1 / ks.length}f;
    let m2 = ${each(ks, (k) => `(v${k} - mean) * (v${k} - mean)`, " + ")};
    all = merged(all, Moments(${ks.length}f, mean, m2));`)
  }
  walkMean[w.result] = all.mean;
  walkM2[w.result] = all.m2;
}`;

/** One workgroup for each column: each lane merges some walks, then the first lane merges the lanes. */
const mergeWgsl = (constants: Constants) =>
  `${walkWgsl(constants)}${MERGE}
var<workgroup> lanes: array<Moments, ${LANES}>;
${ENTRY} {
  let column = workgroup.x;
  let pivot = T(x[column]);
  var all = Moments();
  for (var i = lane; i < u.walks; i += ${LANES}u) {
    let chunk = i / u.groups;
    let group = i - chunk * u.groups;
    let n = f32(walkLength(chunk, group));
    if (n > 0f) {
      let moved = T(x[(chunk * u.chunk + group) * u.columns + column]) - pivot;
      let at = i * u.columns + column;
      all = merged(all, Moments(n, moved + walkMean[at], walkM2[at]));
    }
  }
  lanes[lane] = all;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var l = 1u; l < min(${LANES}u, u.walks); l++) { all = merged(all, lanes[l]); }
  let m = pivot + all.mean;
  let v = all.m2 / all.n;
  mean[column] = m;
  variance[column] = v;
  runningMean[column] += u.momentum * (m - runningMean[column]);
  runningVariance[column] += u.momentum * (v * u.unbiased - runningVariance[column]);
}`;

const normalizeWgsl = (constants: Constants) => {
  const more = (k: number) => constants.RESIDUAL ? ` + T(residual[i${k}])` : "";
  return `${walkWgsl(constants)}
fn result(y: T) -> T {
  return ${constants.RELU || constants.RESIDUAL ? "select(y, T(), y < T())" : "y"};
}
${ENTRY} {
  let w = walk(workgroup, lane);
  if (w.count == 0u) { return; }
  let m = mean[w.column];
  let scale = gamma[w.column] * inverseSqrt(variance[w.column] + u.epsilon);
  let shift = beta[w.column];
  ${
    downWgsl((ks) => `
    ${each(ks, (k) => `let d${k} = T(x[i${k}]) - m;`)}
    ${each(ks, (k) => `let n${k} = d${k} * scale + shift${more(k)};`)}
    ${each(ks, (k) => `y[i${k}] = y_element(result(n${k}));`)}`)
  }
}`;
};

/**
 * y, μ [c] and v [c] of a batch of at least one row. Updates `runningMean` and `runningVariance` in
 * place: nothing else may share their data.
 */
export function batchNormTraining(
  backend: WebGPUBackend,
  inputs: Record<string, tf.TensorInfo>,
  attrs: BatchNormTrainingAttributes,
): tf.TensorInfo[] | undefined {
  const { x, gamma, runningMean, runningVariance } = inputs;
  const rows = rowsOf(x);
  if (rows === 0) return;
  const channels = gamma.shape[0];
  const layout = layColumns(rows, channels, REDUCED_CHUNKS);
  const { constants, uniforms, walks } = layout;
  const walkMean = emptyTensor(backend, [walks, channels]);
  const walkM2 = emptyTensor(backend, [walks, channels]);
  runProgram(backend, {
    name: "batch_moments",
    constants,
    inputs: bindColumns(layout, { x }),
    outputs: bindColumns(layout, { walkMean, walkM2 }),
    uniforms,
    wgsl: momentsWgsl,
    workgroups: layout.workgroups,
  });
  const mean = emptyTensor(backend, [channels]);
  const variance = emptyTensor(backend, [channels]);
  runProgram(backend, {
    name: "merge_moments",
    constants,
    inputs: bindColumns(layout, { x, walkMean, walkM2 }),
    outputs: bindColumns(layout, { mean, variance, runningMean, runningVariance }),
    uniforms: {
      ...uniforms,
      walks,
      momentum: { f32: attrs.momentum },
      unbiased: { f32: rows / Math.max(1, rows - 1) },
    },
    wgsl: mergeWgsl,
    workgroups: [layout.columns],
  });
  for (const { dataId } of [walkMean, walkM2]) backend.disposeData(dataId);
  return [batchNormInference(backend, { ...inputs, mean, variance }, attrs), mean, variance];
}

/** y by given statistics [c]; with a `residual`, max(y + residual, 0). */
export function batchNormInference(
  backend: WebGPUBackend,
  { x, mean, variance, gamma, beta, residual }: Record<string, tf.TensorInfo>,
  { epsilon, relu }: BatchNormAttributes,
): tf.TensorInfo {
  const layout = layColumns(rowsOf(x), gamma.shape[0], MAPPED_CHUNKS);
  const y = emptyLike(backend, x);
  runProgram(backend, {
    name: "normalize",
    constants: {
      ...layout.constants,
      RELU: Number(relu),
      RESIDUAL: Number(residual !== undefined),
    },
    inputs: bindColumns(layout, {
      x,
      mean,
      variance,
      gamma,
      beta,
      ...(residual ? { residual } : {}),
    }),
    outputs: bindColumns(layout, { y }),
    uniforms: { ...layout.uniforms, epsilon: { f32: epsilon } },
    wgsl: normalizeWgsl,
    workgroups: layout.workgroups,
  });
  return y;
}
