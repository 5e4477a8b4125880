/**
 * The linear evaluation of the debiased-contrastive reference code (`linear.py`), on a frozen
 * encoder.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import type { FeatureSplit, Tf } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { makeOptimizer } from "../train/optimizer.ts";
import type { FitEnv } from "./fit_regularized.ts";
import { regression } from "./softmax.ts";
import { yieldToEvents } from "../yield_to_events.ts";

/** The settings of the reference's protocol. */
export interface DclOptions {
  /** Passes over the training images, each freshly augmented. */
  readonly epochs: number;
  /** Images per step; the last step of an epoch takes what is left. */
  readonly batchSize: number;
  /** Adam's. */
  readonly learningRate: number;
  /** L2, added to the gradient of weights and bias. */
  readonly weightDecay: number;
}

/**
 * Adam on mini-batches of features of augmented images, from PyTorch's initialization of
 * `nn.Linear`. Throws UsageError where `train` cannot be augmented.
 *
 * @returns W [dim + 1, classes], the bias in the last row, for raw features
 */
export async function fitDcl(
  train: FeatureSplit,
  classes: number,
  { epochs, batchSize, learningRate, weightDecay }: DclOptions,
  env: FitEnv,
): Promise<Float64Array> {
  const { tf, seed } = env;
  if (!train.augmented) {
    throw new UsageError({
      act: "run the linear probe with --protocol=dcl",
      rule: "it trains on features of augmented images, and there are none",
      next: "Set --protocol=standard.",
    });
  }
  const dim = train.features.shape[1];
  const weights = tf.tidy(() => tf.variable(initialWeights(tf, dim, classes, seed)));
  const optimizer = makeOptimizer(new Map([["linear", weights]]), {
    optimizer: "adam",
    weightDecay,
    momentum: 0,
  });
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      await yieldToEvents(env.signal);
      env.progress?.({ task: "linear probe", done: epoch - 1, total: epochs, unit: "epochs" });
      const x = await train.augmented(epoch);
      const order = Int32Array.from(
        rng(seed, STREAM.probe, epoch).permutation(train.labels.length),
      );
      const examples = regression(tf, { x, labels: train.labels, classes }, order);
      x.dispose();
      for (let start = 0; start < order.length; start += batchSize) {
        const count = Math.min(batchSize, order.length - start);
        tf.tidy(() => {
          const w = weights.as2D(dim + 1, classes);
          const { gradient } = examples.gradientAt(w, start, count);
          w.dispose();
          optimizer.step({ [weights.name]: gradient }, learningRate);
        });
      }
      examples.dispose();
    }
    return Float64Array.from(await weights.data());
  } finally {
    optimizer.dispose();
    weights.dispose();
  }
}

/** Weights and bias uniform in ±1/√dim, as `nn.Linear` has them. */
function initialWeights(
  tf: Tf,
  dim: number,
  classes: number,
  seed: number,
): tf.Tensor2D {
  const random = rng(seed, STREAM.probe, 0);
  const bound = 1 / Math.sqrt(dim);
  const values = Float32Array.from(
    { length: (dim + 1) * classes },
    () => bound * (2 * random.uniform() - 1),
  );
  return tf.tensor2d(values, [dim + 1, classes]);
}
