/**
 * The proof that an encoder stays frozen. The reference's `linear.py` takes gradients off its
 * encoder but leaves it in training mode, so that its batch-norm statistics move; here that fails.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type * as tf from "@tensorflow/tfjs";
import { PluginError } from "../errors.ts";

/**
 * SHA-256, in hexadecimal, of the names, shapes and values of all weights of a model, batch-norm
 * statistics included.
 */
export async function hashWeights(model: tf.LayersModel): Promise<string> {
  const hash = createHash("sha256");
  const values = await Promise.all(model.weights.map((weight) => weight.read().data()));
  model.weights.forEach((weight, i) => {
    hash.update(JSON.stringify([weight.originalName, weight.shape]));
    hash.update(values[i]);
  });
  return hash.digest("hex");
}

/**
 * Runs `act` and returns what it gives, if the model is bit for bit what it was before.
 *
 * @param model the frozen model
 * @param name of the plugin that acts, for the error
 * @throws PluginError where a weight or a batch-norm statistic was changed or disposed
 */
export async function frozen<T>(
  model: tf.LayersModel,
  name: string,
  act: () => Promise<T>,
): Promise<T> {
  const before = await hashWeights(model);
  const result = await act();
  const disposed = model.weights.filter((weight) => weight.read().isDisposed);
  if (disposed.length === 0 && await hashWeights(model) === before) return result;
  throw new PluginError({
    act: `accept what ${name} measured`,
    rule: "a probe must leave the encoder's weights and batch-norm statistics as they are",
    got: disposed.length ? `${disposed.length} disposed weights` : "changed ones",
    next: `Correct the probe ${name}, or choose another.`,
  });
}
