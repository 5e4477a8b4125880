/**
 * The first weights of a model, as torchvision and PyTorch draw them (He et al. 2015,
 * arXiv:1502.01852), from the counter-based generator and not from the device.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Rng } from "../random.ts";
import { namedWeights } from "./weights.ts";

/** The word after `STREAM.weights` for an encoder, as in `rng(seed, STREAM.weights, 0)`. */
export const ENCODER_WEIGHTS = 0;
/** The word after `STREAM.weights` for a projection head. */
export const HEAD_WEIGHTS = 1;

/**
 * Draws the kernels and biases of a model; batch norms keep γ = 1 and β = 0. Layer i of those that
 * have a kernel draws from `random.fold(i)`.
 *
 * - Convolution [h, w, in, out]: normal with variance 2/(h·w·out), torchvision's
 *   `kaiming_normal_(mode="fan_out", nonlinearity="relu")`.
 * - Linear [in, out], and the convolutions named in `uniform`: kernel and bias uniform within
 *   ±1/√in or ±1/√(h·w·in), the default of PyTorch's `Linear` and `Conv2d`.
 *
 * @param uniform names of convolutions that are drawn as a new `Conv2d` is
 *
 * @example A linear layer of 100 inputs
 * ```ts
 * import { rng, STREAM } from "@tauplus/tauplus";
 * import { ENCODER_WEIGHTS, initialize } from "@tauplus/tauplus/nn";
 * import { assert } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const layers = [tf.layers.dense({ inputShape: [100], units: 8, name: "linear" })];
 * const model = tf.sequential({ layers });
 * initialize(model, rng(0, STREAM.weights, ENCODER_WEIGHTS));
 * const largest = model.getWeights()[0].abs().max().dataSync()[0];
 * assert(largest > 0.09 && largest <= 0.1); // 1/√100
 * ```
 */
export function initialize(
  model: tf.LayersModel,
  random: Rng,
  uniform: readonly string[] = [],
): void {
  const weights = namedWeights(model);
  let layer = 0;
  for (const [name, kernel] of weights) {
    if (!name.endsWith(".kernel")) continue;
    const stream = random.fold(layer++);
    const out = kernel.shape[kernel.rank - 1];
    if (kernel.rank === 4 && !uniform.includes(name.replace(/\.kernel$/, ""))) {
      const [height, width] = kernel.shape;
      assign(kernel, normals(kernel.size, Math.sqrt(2 / (height * width * out)), stream));
      continue;
    }
    const bound = 1 / Math.sqrt(kernel.size / out);
    assign(kernel, uniforms(kernel.size, bound, stream));
    const bias = weights.get(name.replace(/kernel$/, "bias"));
    if (bias) assign(bias, uniforms(bias.size, bound, stream));
  }
}

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}

/** Box–Muller, both halves of each pair; twice as fast as {@linkcode Rng.normal} in a loop. */
function normals(length: number, std: number, random: Rng): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

function uniforms(length: number, bound: number, random: Rng): Float32Array {
  return Float32Array.from({ length }, () => bound * (2 * random.uniform() - 1));
}

/**
 * The name that {@linkcode initialize} had in 0.1.0: it draws kernels [h, w, in, out] and [in, out].
 *
 * @deprecated write `initialize`
 *
 * @example
 * ```ts
 * import { initialise, initialize } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(initialise, initialize);
 * ```
 */
export const initialise: typeof initialize = initialize;
