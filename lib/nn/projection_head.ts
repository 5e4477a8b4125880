/**
 * The projection head of SimCLR (Chen et al. 2020, arXiv:2002.05709) as the reference code of
 * Chuang et al. 2020 has it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { rng, STREAM } from "../random.ts";
import { applyLayer, batchNormRelu } from "./conv.ts";
import { HEAD_WEIGHTS, initialize } from "./initialize.ts";

/**
 * Linear without bias, batch norm, ReLU, linear: [b, inputDim] → [b, featureDim], not normalized.
 * The layers are `head.0` to `head.3`, as in a PyTorch `Sequential`.
 *
 * @example Features of 64 numbers to embeddings of 16
 * ```ts
 * import { projectionHead } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const seed = 0;
 * const head = projectionHead(64, 16, seed, { hidden: 32 });
 * const embeddings = head.apply(tf.zeros([2, 64])) as tf.Tensor;
 * assertEquals(embeddings.shape, [2, 16]);
 * ```
 */
export function projectionHead(
  inputDim: number,
  featureDim: number,
  seed: number,
  options: { hidden?: number } = {},
): tf.LayersModel {
  const { hidden = 512 } = options;
  const input = tf.input({ shape: [inputDim], name: "feature" });
  let x = linear(input, "head.0", hidden, false);
  x = batchNormRelu(x, "head.1", "head.2");
  const model = tf.model({ inputs: input, outputs: linear(x, "head.3", featureDim, true) });
  initialize(model, rng(seed, STREAM.weights, HEAD_WEIGHTS));
  return model;
}

function linear(
  x: tf.SymbolicTensor,
  name: string,
  units: number,
  useBias: boolean,
): tf.SymbolicTensor {
  return applyLayer(tf.layers.dense({ name, units, useBias, kernelInitializer: "zeros" }), x);
}
