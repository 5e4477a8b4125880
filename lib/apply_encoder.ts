/**
 * An encoder's model as a function from a batch to features.
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
