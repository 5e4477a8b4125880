/**
 * The proof that an encoder stays frozen. The reference's `linear.py` takes gradients off its
 * encoder but leaves it in training mode, so that its batch-norm statistics move; here that fails.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type * as tf from "@tensorflow/tfjs";
import { PluginError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Probe } from "../plugin.ts";

/**
 * The SHA-256, in hexadecimal, of the values of each weight of a model in order, batch-norm
 * statistics included; `disposed` in its place for a weight that is.
 */
export async function hashWeights(model: tf.LayersModel): Promise<string[]> {
  return await Promise.all(model.weights.map(async (weight) => {
    const values = await readWeight(weight);
    return values ? createHash("sha256").update(values).digest("hex") : "disposed";
  }));
}

/**
 * Runs `act` and returns what it gives, if the model is bit for bit what it was before.
 *
 * @param model the frozen model
 * @param probe the one that acts, for the error
 * @throws PluginError where a weight or a batch-norm statistic was changed or disposed
 */
export async function frozen<T>(
  model: tf.LayersModel,
  probe: Probe,
  act: () => Promise<T>,
): Promise<T> {
  const before = await hashWeights(model);
  const result = await act();
  const after = await hashWeights(model);
  const changed = model.weights.filter((_, i) => after[i] !== before[i]);
  if (changed.length === 0) return result;
  throw new PluginError({
    act: `accept what the ${called("probe", probe)} measured`,
    rule: "a probe must leave the encoder's weights and batch-norm statistics as they are",
    got: `${changed.length} changed, the first of them ${changed[0].originalName}`,
    next: `Correct the ${called("probe", probe)}, or choose another.`,
  });
}

/** The values of a weight; undefined where it was disposed, which tfjs tells by throwing. */
async function readWeight(
  weight: tf.LayersModel["weights"][number],
): Promise<tf.TypedArray | undefined> {
  try {
    return await weight.read().data();
  } catch {
    return undefined;
  }
}
