/**
 * The gradient of one batch: whole, or exactly the same in pieces.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Objective, ObjectiveInput } from "../plugin.ts";
import type { Batch } from "./batches.ts";
import { embed, type Network, networkParameters, networkWeights } from "./network.ts";
import { objectiveLoss, wrongObjective } from "./objective_loss.ts";

/** What one batch gives; the caller disposes of all of it. */
export interface BatchGradients {
  readonly loss: tf.Scalar;
  /** The gradients by the names of their variables; absent where the loss does not depend on one. */
  readonly grads: tf.NamedTensorMap;
  /** The embeddings of each view, and the labels. */
  readonly input: ObjectiveInput;
}

/**
 * The gradient of the objective by the weights of the network and by the objective's own variables.
 *
 * Each view goes through the network by itself, so batch norm takes each view's statistics, as in
 * the reference. With 0 < `microBatch` < batch each view goes in pieces of at most that many
 * examples, as GradCache does (Gao et al. 2021, arXiv:2101.06983): (1) all embeddings Z, without
 * gradient; (2) ∂L/∂Z; (3) for each piece the gradient of ⟨Z, ∂L/∂Z⟩, summed. That is the same
 * gradient up to rounding, but for layers that see the whole batch: batch norm then takes the
 * statistics of each piece, which moves its running statistics once per piece and not once per
 * view; and layers that draw random numbers (dropout) draw others in (3) than in (1).
 *
 * Where anything throws, nothing that was made is kept, so that a caller may try a smaller batch.
 *
 * @param lossScale what the gradients, but not the loss, are multiplied by, a power of two
 */
export function batchGradients(
  network: Network,
  objective: Objective,
  batch: Batch,
  microBatch = 0,
  lossScale = 1,
): BatchGradients {
  const size = batch.indices.length;
  const scaled = { objective, lossScale };
  const labels = batch.labels && tf.tensor1d(batch.labels, "int32");
  const input: GrowingInput = { views: [], labels };
  const engine = tf.engine();
  let made: BatchGradients | undefined;
  engine.startScope();
  try {
    made = microBatch > 0 && microBatch < size
      ? inMicroBatches(network, scaled, batch, input, Math.ceil(size / microBatch))
      : whole(network, scaled, batch, input);
    return made;
  } finally {
    engine.endScope(made && [made.loss, ...Object.values(made.grads)]);
    if (!made) {
      // What no scope frees: the views, which are kept, or variables, and what was saved for a
      // gradient that was not computed.
      tf.dispose([...input.views, labels]);
      for (const { saved } of engine.state.activeTape ?? []) tf.dispose(saved);
    }
    network.setMixed?.(false);
  }
}

/** What the objective is given; its views are added as they are made. */
interface GrowingInput extends ObjectiveInput {
  readonly views: tf.Tensor2D[];
}

/** An objective whose loss is multiplied for its gradient. */
interface ScaledObjective {
  readonly objective: Objective;
  readonly lossScale: number;
}

function whole(
  network: Network,
  scaled: ScaledObjective,
  batch: Batch,
  input: GrowingInput,
): BatchGradients {
  const variables = [...networkParameters(network).values(), ...ownParameters(scaled)];
  const { value, grads } = gradientsOf(scaled, variables, () => {
    const images = batch.views(0, batch.indices.length);
    for (const image of images) input.views.push(tf.keep(embed(network, image)));
    return objectiveLoss(scaled.objective, input);
  });
  return { loss: value, grads, input };
}

function inMicroBatches(
  network: Network,
  scaled: ScaledObjective,
  batch: Batch,
  input: GrowingInput,
  count: number,
): BatchGradients {
  const pieces = cut(batch.indices.length, count);
  const views = withoutMovingStatistics(network, () =>
    tf.tidy(() => {
      const rows = pieces.map(([begin, end]) =>
        tf.tidy(() => batch.views(begin, end).map((image) => embed(network, image)))
      );
      return rows[0].map((_, v) => {
        const view = tf.variable(tf.concat(rows.map((piece) => piece[v])));
        input.views.push(view);
        return view;
      });
    }));
  const { value, grads } = gradientsOf(
    scaled,
    [...views, ...ownParameters(scaled)],
    () => objectiveLoss(scaled.objective, input),
  );

  const weights = [...networkParameters(network).values()];
  const gradients = views.map((view) => {
    const gradient = grads[view.name] ?? tf.zerosLike(view);
    delete grads[view.name];
    return gradient;
  });
  for (const [begin, end] of pieces) {
    const images = batch.views(begin, end);
    images.forEach((image, v) => {
      const product = () =>
        embed(network, image)
          .mul(gradients[v].slice([begin, 0], [end - begin, -1])).sum().asScalar();
      const { value, grads: share } = tf.variableGrads(product, weights);
      value.dispose();
      addTo(grads, share);
    });
    tf.dispose(images);
  }
  tf.dispose(gradients);
  return { loss: value, grads, input };
}

/** Cuts 0 … size into `count` ranges whose lengths differ by at most 1. */
function cut(size: number, count: number): [number, number][] {
  const edge = (i: number) => Math.round(i * size / count);
  return Array.from({ length: count }, (_, i) => [edge(i), edge(i + 1)]);
}

/** Runs `fn`, then sets what the network does not train (running statistics) back. */
function withoutMovingStatistics<T>(network: Network, fn: () => T): T {
  const trained = networkParameters(network);
  const others = [...networkWeights(network)].filter(([name]) => !trained.has(name));
  const before = others.map(([, statistic]) => statistic.clone());
  try {
    return fn();
  } finally {
    others.forEach(([, statistic], i) => statistic.assign(before[i]));
    tf.dispose(before);
  }
}

function addTo(sums: tf.NamedTensorMap, grads: tf.NamedTensorMap): void {
  for (const [name, grad] of Object.entries(grads)) {
    if (!Object.hasOwn(sums, name)) {
      sums[name] = grad;
      continue;
    }
    const sum = sums[name].add(grad);
    tf.dispose([sums[name], grad]);
    sums[name] = sum;
  }
}

function ownParameters({ objective }: ScaledObjective): tf.Variable[] {
  return (objective.variables ?? []).filter((variable) => variable.trainable);
}

function gradientsOf(
  { objective, lossScale }: ScaledObjective,
  variables: tf.Variable[],
  loss: () => tf.Scalar,
): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  try {
    if (lossScale === 1) return tf.variableGrads(loss, variables);
    const { value, grads } = tf.variableGrads(() => loss().mul(lossScale), variables);
    const unscaled = value.div<tf.Scalar>(lossScale);
    value.dispose();
    return { value: unscaled, grads };
  } catch (error) {
    if (!(error instanceof Error && error.message.includes("Cannot find a connection"))) {
      throw error;
    }
    throw wrongObjective(
      objective,
      "its loss must depend on the views",
      "a loss without a gradient",
      "Compute it from the tensors of `views` with operations of `env.tf`.",
    );
  }
}
