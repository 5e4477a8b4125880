/**
 * One step of training.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Objective } from "../plugin.ts";
import type { PlacedBatch } from "./batches.ts";
import { batchGradients } from "./gradients.ts";
import { measure, type Measurement } from "./log_record.ts";
import type { Network } from "./network.ts";
import { checkFirstLoss, checkKeepsNothing } from "./objective_loss.ts";
import type { TrainOptions } from "./options.ts";
import { learningRateAt } from "./schedule.ts";
import type { TrainingState } from "./training_state.ts";

/** The options of a run, and its number of steps. */
export interface Plan extends TrainOptions {
  /** Steps in an epoch. */
  readonly stepsPerEpoch: number;
  /** Steps of the whole run. */
  readonly stepsTotal: number;
}

/** A step that was taken. It owns the embeddings of its batch and their measurements. */
export interface Step extends Disposable {
  readonly batch: PlacedBatch;
  /** The learning rate it was taken with. */
  readonly learningRate: number;
  /** What is measured for the log; absent if the step has no line. */
  readonly measurement?: Measurement;
}

/**
 * Takes a step: the gradient of the batch, the optimizer's update, the objective's `afterStep`. It
 * increases the counters and adds the loss to `state.losses`.
 *
 * Throws a PluginError if the objective breaks its interface, and a TrainingError if the gradients
 * overflow float16 even without a scale. Its tensors are then disposed of.
 */
export async function trainStep(
  network: Network,
  objective: Objective,
  state: TrainingState,
  batch: PlacedBatch,
  plan: Plan,
): Promise<Step> {
  const { counters, optimizer, scaler, losses } = state;
  const tensors = tf.memory().numTensors;
  const learningRate = learningRateAt(counters.step, plan.stepsPerEpoch, plan, state.ramp);
  const { scale } = scaler.state;
  const { loss, grads, input } = batchGradients(network, objective, batch, plan.microBatch, scale);
  using owned = new DisposableStack();
  owned.defer(() => tf.dispose([...input.views, input.labels]));
  using passing = new DisposableStack();
  passing.defer(() => tf.dispose([loss, grads]));

  counters.step++;
  counters.stepInEpoch++;
  const logged = counters.step % plan.logEvery === 0 || counters.step === plan.stepsTotal;
  const measurement = logged ? measure(objective, input) : undefined;
  owned.defer(() => tf.dispose(measurement?.tensors));
  if (counters.step === 1) await checkFirstLoss(objective, loss, input);
  if (await scaler.unscale(grads)) optimizer.step(grads, learningRate);
  objective.afterStep?.(input);
  losses.push(loss);
  passing.dispose();
  // The first step makes what all of them use. No later one may keep anything, however late it begins.
  if (batch.nth > 1) {
    const kept = tf.memory().numTensors - tensors - (measurement?.tensors.length ?? 0);
    checkKeepsNothing(objective, input, kept);
  }
  const all = owned.move();
  return { batch, learningRate, measurement, [Symbol.dispose]: () => all.dispose() };
}
