/**
 * The gradient of {@linkcode batchNormTraining} in two passes. Each binds at most eight buffers, which
 * every adapter allows. With d = x − μ, s = 1/√(v + ε), m rows and g = ∂y (if max(y, 0) was taken, g is
 * 0 where y ≤ 0; y is computed again, which costs less than loading it):
 *
 *     ∂β = Σ g,   ∂γ = s·Σ g·d,   ∂x = γ·s·(g − ∂β/m − d·s·∂γ/m)
 *
 * With a residual, g is also the residual's gradient. The first pass then takes y, and writes g; the
 * second pass reads it.
 *
 * Tests and reference: `tests/lib/kernels/webgpu/batch_norm_test.ts`; bench: `bench/works/batch_norm.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { BatchNormAttributes } from "../calls.ts";
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

/** WGSL at the start of both passes: the statistics of the column of walk `w`. */
const STATISTICS = `
  let m = mean[w.column];
  let s = inverseSqrt(variance[w.column] + u.epsilon);`;

const AFFINE = `
  let scale = gamma[w.column] * s;
  let shift = beta[w.column];`;

/** WGSL: d and g of the rows `ks`. */
const rowsWgsl = (ks: readonly number[]) => `
    ${each(ks, (k) => `let d${k} = T(x[i${k}]) - m;`)}
    ${each(ks, (k) => `let g${k} = passed(T(dy[i${k}]), d${k} * scale + shift);`)}`;

const headWgsl = (constants: Constants) =>
  `${walkWgsl(constants)}
fn passed(g: T, y: T) -> T { return ${constants.RELU ? "select(T(), g, y > T())" : "g"}; }`;

/** WGSL: d and g of the rows `ks`; g is written as the residual's gradient. */
const residualWgsl = (ks: readonly number[]) => `
    ${each(ks, (k) => `let d${k} = T(x[i${k}]) - m;`)}
    ${each(ks, (k) => `let g${k} = select(T(), T(dy[i${k}]), T(y[i${k}]) > T());`)}
    ${each(ks, (k) => `g[i${k}] = g_element(g${k});`)}`;

const sumsWgsl = (constants: Constants) =>
  `${headWgsl(constants)}
${ENTRY} {
  let w = walk(workgroup, lane);
  if (w.column >= u.columns) { return; }
  ${STATISTICS}
  ${constants.RESIDUAL ? "" : AFFINE}
  var sum = T();
  var product = T();
  ${
    downWgsl((ks) =>
      `${(constants.RESIDUAL ? residualWgsl : rowsWgsl)(ks)}
    sum += ${each(ks, (k) => `g${k}`, " + ")};
    product += ${each(ks, (k) => `g${k} * d${k}`, " + ")};`
    )
  }
  walkBeta[w.result] = sum;
  walkGamma[w.result] = product * s;
}`;

/** One workgroup for each column: each lane adds some walks, then the first lane adds the lanes. */
const mergeWgsl = ({ WIDTH }: Constants) => `
alias T = ${WIDTH === 4 ? "vec4f" : "f32"};
struct Sums { beta: T, gamma: T }
var<workgroup> lanes: array<Sums, ${LANES}>;
${ENTRY} {
  let column = workgroup.x;
  var all = Sums();
  for (var i = lane; i < u.walks; i += ${LANES}u) {
    all.beta += walkBeta[i * u.columns + column];
    all.gamma += walkGamma[i * u.columns + column];
  }
  lanes[lane] = all;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var l = 1u; l < min(${LANES}u, u.walks); l++) {
    all.beta += lanes[l].beta;
    all.gamma += lanes[l].gamma;
  }
  dbeta[column] = all.beta;
  dgamma[column] = all.gamma;
  both[column] = all.beta;
  both[u.columns + column] = all.gamma;
}`;

const gradientWgsl = (constants: Constants) =>
  `${headWgsl(constants)}
${ENTRY} {
  let w = walk(workgroup, lane);
  if (w.count == 0u) { return; }
  ${STATISTICS}
  ${AFFINE}
  let a = both[w.column] / f32(u.rows);
  let b = s * both[u.columns + w.column] / f32(u.rows);
  ${
    downWgsl((ks) =>
      `${rowsWgsl(ks)}
    ${each(ks, (k) => `dx[i${k}] = dx_element(scale * (g${k} - a - d${k} * b));`)}`
    )
  }
}`;

/**
 * ∂x, ∂γ and ∂β, from ∂y and the inputs and outputs of the forward pass. With a residual, it also takes
 * the result `y`, and returns ∂residual last.
 */
export function batchNormTrainingGradient(
  backend: WebGPUBackend,
  { dy, x, gamma, beta, mean, variance, y }: Record<string, tf.TensorInfo>,
  { epsilon, relu }: BatchNormAttributes,
): tf.TensorInfo[] {
  const channels = gamma.shape[0];
  const rows = rowsOf(x);
  const reduced = layColumns(rows, channels, REDUCED_CHUNKS);
  const g = y && emptyLike(backend, x);
  const walkGamma = emptyTensor(backend, [reduced.walks, channels]);
  const walkBeta = emptyTensor(backend, [reduced.walks, channels]);
  runProgram(backend, {
    name: "normalize_sums",
    constants: { ...reduced.constants, RELU: Number(relu), RESIDUAL: Number(g !== undefined) },
    inputs: bindColumns(
      reduced,
      g ? { dy, x, y, mean, variance } : { dy, x, gamma, beta, mean, variance },
    ),
    outputs: bindColumns(reduced, { walkGamma, walkBeta, ...(g ? { g } : {}) }),
    uniforms: { ...reduced.uniforms, epsilon: { f32: epsilon } },
    wgsl: sumsWgsl,
    workgroups: reduced.workgroups,
  });
  const [dgamma, dbeta] = [emptyTensor(backend, [channels]), emptyTensor(backend, [channels])];
  const both = emptyTensor(backend, [2, channels]);
  runProgram(backend, {
    name: "normalize_sums_merged",
    constants: reduced.constants,
    inputs: bindColumns(reduced, { walkGamma, walkBeta }),
    outputs: bindColumns(reduced, { dgamma, dbeta, both }),
    uniforms: { columns: reduced.columns, walks: reduced.walks },
    wgsl: mergeWgsl,
    workgroups: [reduced.columns],
  });
  const mapped = layColumns(rows, channels, MAPPED_CHUNKS);
  const dx = emptyLike(backend, x);
  runProgram(backend, {
    name: "normalize_gradient",
    constants: { ...mapped.constants, RELU: Number(relu && !g) },
    inputs: bindColumns(mapped, { dy: g ?? dy, x, gamma, beta, mean, variance, both }),
    outputs: bindColumns(mapped, { dx }),
    uniforms: { ...mapped.uniforms, epsilon: { f32: epsilon } },
    wgsl: gradientWgsl,
    workgroups: mapped.workgroups,
  });
  for (const { dataId } of [walkGamma, walkBeta, both]) backend.disposeData(dataId);
  return [dx, dgamma, dbeta, ...(g ? [g] : [])];
}
