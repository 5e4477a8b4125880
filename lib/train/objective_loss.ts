/**
 * Calling an objective, with its result checked.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { PluginError } from "../errors.ts";
import type { Objective, ObjectiveInput } from "../plugin.ts";
import { blame } from "./blame.ts";

/** An objective and the name to call it by in errors. */
export interface NamedObjective {
  /** The name on the command line. */
  readonly name: string;
  /** What its plugin made. */
  readonly objective: Objective;
}

/** The loss, a scalar. Throws a PluginError where the objective throws or gives anything else. */
export function objectiveLoss(
  { name, objective }: NamedObjective,
  input: ObjectiveInput,
): tf.Scalar {
  const loss: unknown = blame("objective", name, "give a loss", () => objective.loss(input));
  if (loss instanceof tf.Tensor && loss.rank === 0 && loss.dtype === "float32") {
    return loss as tf.Scalar;
  }
  throw wrongObjective(
    name,
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
  { name }: NamedObjective,
  loss: tf.Scalar,
  input: ObjectiveInput,
): Promise<void> {
  const [value] = await loss.data();
  if (Number.isFinite(value)) return;
  for (const view of input.views) {
    if (!(await view.data()).every(Number.isFinite)) return;
  }
  throw wrongObjective(
    name,
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
  named: NamedObjective,
  input: ObjectiveInput,
  kept: number,
): void {
  // The embeddings and labels are still there.
  const expected = input.views.length + Number(input.labels !== undefined);
  if (kept <= expected) return;
  const before = tf.memory().numTensors;
  tf.tidy(() => void objectiveLoss(named, input));
  const loss = tf.memory().numTensors > before;
  const who = loss || named.objective.afterStep ? `objective ${named.name}` : "encoder";
  throw new PluginError({
    act: `use the ${who}`,
    rule: "no step may keep more tensors than the one before",
    got: `${kept - expected} more`,
    next: "Keep state in variables and write to it with assign(); wrap the rest in tf.tidy().",
  });
}

/** A PluginError about an objective. */
export function wrongObjective(
  name: string,
  rule: string,
  got: unknown,
  next: string,
): PluginError {
  return new PluginError({ act: `use the objective ${name}`, rule, got, next });
}
