/**
 * One step of an optimizer on all parameters, in place and without temporaries. For each element of
 * a weight w with gradient g; the numbers are attributes, made by `lib/train/optimizer.ts`:
 *
 *     adam:      w ← shrink·w,  g ← g + decay·w,  m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,
 *                w ← w − rate·m / (√v/scale + ε)
 *     momentum:  b ← μb + f·(g + decay·w),  w ← w − rate·b
 *
 * With `trust` c > 0 (LARS) f = c·‖w‖/(‖g‖ + decay·‖w‖ + ε), or 1 where ‖w‖ or ‖g‖ is 0, for weights
 * of rank 2 and more; others have f = 1 and no decay. Norms are sums over fixed ranges, added in a
 * fixed order: the same bytes on every run.
 *
 * A dispatch updates one large tensor or four small ones. For the 65 tensors of ResNet-18 and its head,
 * a software adapter takes 50 ms for a step, and 504 ms without this kernel. Four small tensors at a
 * time save 3 ms of it. Eleven large ones at a time save nothing, and compiling their shader takes
 * half a minute.
 *
 * Tests and reference: `tests/lib/train/optimizer_test.ts`; bench: `bench/works/optimizer.ts`.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { OptimizerAttributes } from "../calls.ts";
import { emptyTensor, runProgram, type Uniform } from "./program.ts";
import { threadGrid, threadMain } from "./threads.ts";
import { vectorType, vectorWidth } from "./tiles.ts";

const { sizeFromShape } = tf.util;

/** The bindings of a parameter: its weight, its gradient, its one or two slots. */
type Parameter = readonly tf.TensorInfo[];

const THREADS = 64;
/** Most elements of a tensor that shares its dispatch with others. */
const SMALL = 4096;
/** Most small tensors in a dispatch, if the adapter can bind so many. */
const SHARED = 4;
/** Workgroups for each norm, which is also the number of its partial sums. */
const RANGES = 64;

const EQUATIONS = {
  adam: `
  let w = u.shrink * weight[e];
  let g = grad[e] + u.decay * w;
  let m = u.beta1 * slot0[e] + u.gain1 * g;
  let v = u.beta2 * slot1[e] + u.gain2 * (g * g);
  slot0[e] = m;
  slot1[e] = v;
  weight[e] = w - u.rate * m / (sqrt(v) / u.scale + u.epsilon);`,
  momentum: `
  let w = weight[e];
  let b = u.momentum * slot0[e] + (grad[e] + u.decay * w);
  slot0[e] = b;
  weight[e] = w - u.rate * b;`,
  lars: `
  let w = weight[e];
  let b = u.momentum * slot0[e] + factors[u.place] * (grad[e] + u.decay * w);
  slot0[e] = b;
  weight[e] = w - u.rate * b;`,
};

/** The kernel `OptimizerStep`: inputs `weight.i`, `grad.i`, `slot.i.s` of parameters i = 0, 1, … */
export function optimizerStep(
  backend: WebGPUBackend,
  inputs: Record<string, tf.TensorInfo>,
  { rule, trust, ...numbers }: OptimizerAttributes,
): tf.TensorInfo[] {
  const uniforms = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, { f32: Number(value) }]),
  );
  const all: Parameter[] = [];
  for (let i = 0; inputs[`weight.${i}`]; i++) {
    const slots = rule === "adam"
      ? [inputs[`slot.${i}.0`], inputs[`slot.${i}.1`]]
      : [inputs[`slot.${i}.0`]];
    all.push([inputs[`weight.${i}`], inputs[`grad.${i}`], ...slots]);
  }
  const scaled = trust > 0 ? all.filter(([{ shape }]) => shape.length > 1) : [];
  const plain = trust > 0 ? all.filter(([{ shape }]) => shape.length <= 1) : all;
  const plainUniforms = trust > 0 ? { ...uniforms, decay: { f32: 0 } } : uniforms;
  for (const group of grouped(backend, plain)) update(backend, rule, group, plainUniforms);
  if (scaled.length > 0) larsStep(backend, scaled, { ...uniforms, trust: { f32: trust } });
  return [];
}

/** The parameters in groups; a group is updated by one dispatch. */
function grouped(backend: WebGPUBackend, parameters: readonly Parameter[]): Parameter[][] {
  const limit = backend.device.limits.maxStorageBuffersPerShaderStage;
  const shared = Math.min(SHARED, Math.floor(limit / (parameters[0]?.length ?? 1)));
  const isSmall = ([{ shape }]: Parameter) =>
    sizeFromShape(shape) <= SMALL && sizeFromShape(shape) % 4 === 0;
  const small = parameters.filter(isSmall);
  const whole = small.length - small.length % shared;
  const groups = parameters.filter((parameter) => !isSmall(parameter)).map((one) => [one]);
  for (let i = 0; i < whole; i += shared) groups.push(small.slice(i, i + shared));
  return [...groups, ...small.slice(whole).map((one) => [one])];
}

/** Updates the parameters of a group; thread i updates element i of each tensor. */
function update(
  backend: WebGPUBackend,
  equation: keyof typeof EQUATIONS,
  group: readonly Parameter[],
  uniforms: Record<string, Uniform>,
  factors?: tf.TensorInfo,
): void {
  const inputs: Record<string, tf.TensorInfo | { tensor: tf.TensorInfo; element: string }> = {};
  const outputs: typeof inputs = {};
  const sizes: Record<string, number> = {};
  // Four elements a thread where all sizes allow it.
  const width = group.every(([{ shape }]) => vectorWidth(sizeFromShape(shape)) === 4) ? 4 : 1;
  const element = vectorType(width);
  group.forEach(([weight, grad, ...slots], i) => {
    inputs[`grad_${i}`] = { tensor: grad, element };
    outputs[`weight_${i}`] = { tensor: weight, element };
    slots.forEach((tensor, s) => outputs[`slot${s}_${i}`] = { tensor, element });
    sizes[`size_${i}`] = sizeFromShape(weight.shape) / width;
  });
  if (factors) inputs.factors = factors;
  runProgram(backend, {
    name: `optimizer_${equation}`,
    constants: { PARAMETERS: group.length },
    inputs,
    outputs,
    uniforms: { ...uniforms, ...sizes },
    wgsl: () =>
      `${threadMain("e")}
  ${
        group.map((_, i) => `if (e < u.size_${i}) {${ofTensor(EQUATIONS[equation], i)}\n  }`).join(
          "\n  ",
        )
      }
}`,
    workgroups: threadGrid(backend, Math.max(...Object.values(sizes))),
  });
}

/** The equation with the names of the bindings of parameter `i`. */
function ofTensor(equation: string, i: number): string {
  return equation.replace(/\b(weight|grad|slot\d)\[/g, (_, name) => `${name}_${i}[`);
}

/** Computes all norms, then the factors f, then updates each parameter. */
function larsStep(
  backend: WebGPUBackend,
  parameters: readonly Parameter[],
  { trust, epsilon, ...uniforms }: Record<string, Uniform>,
): void {
  const count = parameters.length;
  const squares = emptyTensor(backend, [count, RANGES, 2]);
  const factors = emptyTensor(backend, [count]);
  parameters.forEach(([weight, grad], place) =>
    runProgram(backend, {
      name: "optimizer_norms",
      inputs: { weight, grad },
      outputs: { squares: { tensor: squares, element: "vec2f" } },
      uniforms: { place, size: sizeFromShape(weight.shape) },
      wgsl: NORMS,
      workgroups: [RANGES],
    })
  );
  runProgram(backend, {
    name: "optimizer_factors",
    inputs: { squares: { tensor: squares, element: "vec2f" } },
    outputs: { factors },
    uniforms: { count, trust, epsilon, decay: uniforms.decay },
    wgsl: FACTORS,
    workgroups: [Math.ceil(count / THREADS)],
  });
  parameters.forEach((one, place) =>
    update(backend, "lars", [one], { ...uniforms, place }, factors)
  );
  backend.disposeData(squares.dataId);
  backend.disposeData(factors.dataId);
}

/** Workgroup r adds the squares of the elements of its threads: every 4096th from 64·r + lane. */
const NORMS = `
var<workgroup> sums: array<vec2f, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) range: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = vec2f();
  for (var e = range.x * ${THREADS}u + lane; e < u.size; e += ${THREADS * RANGES}u) {
    let both = vec2f(weight[e], grad[e]);
    sum += both * both;
  }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < ${THREADS}u; i++) { sum += sums[i]; }
    squares[u.place * ${RANGES}u + range.x] = sum;
  }
}`;

const FACTORS = `
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= u.count) { return; }
  var sum = vec2f();
  for (var i = 0u; i < ${RANGES}u; i++) { sum += squares[id.x * ${RANGES}u + i]; }
  let norms = sqrt(sum);
  let factor = u.trust * norms.x / (norms.y + u.decay * norms.x + u.epsilon);
  factors[id.x] = select(1.0, factor, norms.x > 0 && norms.y > 0);
}`;
