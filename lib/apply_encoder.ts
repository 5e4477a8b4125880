/**
 * An encoder's model as a function from a batch to features, and rows of unit length.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { PluginError } from "./errors.ts";
import { blamed, called, nameOf } from "./guard.ts";
import type { Encoder } from "./plugin.ts";

/**
 * The features [batch, dim] of `x` [batch, ...input shape].
 *
 * @param training whether batch norm takes the statistics of `x`, and dropout is on
 * @throws PluginError with the encoder's name where its model throws or gives another shape
 */
export function applyEncoder(encoder: Encoder, x: tf.Tensor, training: boolean): tf.Tensor2D {
  let features: tf.Tensor | tf.Tensor[] | tf.SymbolicTensor | tf.SymbolicTensor[];
  try {
    features = encoder.model.apply(x, { training });
  } catch (cause) {
    throw blamed({ kind: "encoder", name: nameOf(encoder) }, "model.apply()", cause);
  }
  const expected = `[${[x.shape[0], encoder.dim]}]`;
  const got = features instanceof tf.Tensor ? `[${features.shape}]` : typeof features;
  if (got === expected) return features as tf.Tensor2D;
  throw new PluginError({
    act: `use the ${called("encoder", encoder)}`,
    rule: `its features must be a tensor of shape ${expected}`,
    got,
    next: "Let the plugin's `dim` be the length of what its model gives.",
  });
}

/** PyTorch's `F.normalize`: rows shorter than this are divided by it instead. */
const SHORTEST = 1e-12;

/**
 * The rows [n, dim] divided by their ℓ2 norms: z/max(‖z‖, 1e-12), with the gradient 0 through the
 * maximum and no 0/0 at a row of zeros.
 */
export function unitRows(rows: tf.Tensor2D): tf.Tensor2D {
  return rows.div(rows.square().sum(1, true).maximum(SHORTEST ** 2).sqrt());
}
