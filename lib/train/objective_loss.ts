/**
 * Calling an objective, with its result checked.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { PluginError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Objective, ObjectiveInput } from "../plugin.ts";

/** The loss, a scalar. Throws a PluginError where the objective gives anything else. */
export function objectiveLoss(objective: Objective, input: ObjectiveInput): tf.Scalar {
  const loss: unknown = objective.loss(input);
  if (loss instanceof tf.Tensor && loss.rank === 0 && loss.dtype === "float32") {
    return loss as tf.Scalar;
  }
  throw wrongObjective(
    objective,
    "its loss must be a scalar tensor of float32",
    loss instanceof tf.Tensor ? `${loss.dtype} [${loss.shape}]` : loss,
    "Reduce it with mean() or sum() to a tensor of no dimensions.",
  );
}

/**
 * Throws where the first loss of a run is not finite: a PluginError where the embeddings are, so
 * the objective made it. Otherwise the caller's own check of the losses speaks.
 */
export async function checkFirstLoss(
  objective: Objective,
  loss: tf.Scalar,
  input: ObjectiveInput,
): Promise<void> {
  const [value] = await loss.data();
  if (Number.isFinite(value)) return;
  for (const view of input.views) {
    if (!(await view.data()).every(Number.isFinite)) return;
  }
  throw wrongObjective(
    objective,
    "its loss of finite embeddings must be finite",
    value,
    "Look for a division by 0, a logarithm of 0 or an overflow; a larger temperature may help.",
  );
}

/**
 * Throws a PluginError where a step kept `kept` tensors more than it found: the objective's fault
 * where one more call of its loss keeps tensors or it has an `afterStep`, else the encoder's.
 */
export function checkKeepsNothing(
  objective: Objective,
  input: ObjectiveInput,
  kept: number,
): void {
  // The embeddings and labels are still there.
  const expected = input.views.length + Number(input.labels !== undefined);
  if (kept <= expected) return;
  const before = tf.memory().numTensors;
  tf.tidy(() => void objectiveLoss(objective, input));
  const loss = tf.memory().numTensors > before;
  const who = loss || objective.afterStep ? called("objective", objective) : "encoder";
  throw new PluginError({
    act: `use the ${who}`,
    rule: "no step may keep more tensors than the one before",
    got: `${kept - expected} more`,
    next: "Keep state in variables and write to it with assign(); wrap the rest in tf.tidy().",
  });
}

/** A PluginError about an objective. */
export function wrongObjective(
  objective: Objective,
  rule: string,
  got: unknown,
  next: string,
): PluginError {
  return new PluginError({ act: `use the ${called("objective", objective)}`, rule, got, next });
}
