/**
 * Batch normalization as PyTorch's `BatchNorm1d` and `BatchNorm2d`, as a TensorFlow.js layer. It is
 * saved as a stock `BatchNormalization`, so a stock TensorFlow.js loads it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { TrainingError } from "../errors.ts";
import { batchNormInference, batchNormTraining } from "./batch_norm_functions.ts";

/** PyTorch's ε, added to the variance. */
const EPSILON = 1e-5;
/** PyTorch's momentum is 0.1 for the new value; Keras counts the old one. */
const MOMENTUM = 0.9;

type LayerConstructor = new (
  args: { name?: string; epsilon: number; momentum: number },
) => tf.layers.Layer;

// The class itself is not exported by TensorFlow.js, only its factory.
const Stock = tf.layers.batchNormalization().constructor as LayerConstructor;

/** What a layer is called with. */
export type CallOptions = Parameters<tf.layers.Layer["call"]>[1];

/** How a {@linkcode BatchNorm} is made. */
export interface BatchNormOptions {
  /** The layer's name. */
  readonly name?: string;
  /**
   * Gives max(y, 0), in the same pass. Not saved: a ReLU layer must follow, which changes nothing
   * more here, and stands for it where the saved model is loaded.
   */
  readonly relu?: boolean;
  /** Passes on what it is given: an {@linkcode AddRelu} behind it normalizes, in the same pass. */
  readonly deferred?: boolean;
}

/**
 * Normalizes every channel of [batch, c] or [batch, h, w, c]. In training by the batch's mean and
 * biased variance, while the running statistics take the unbiased variance, as in PyTorch; at
 * evaluation by the running statistics.
 */
export class BatchNorm extends Stock {
  readonly #relu: boolean;
  readonly #deferred: boolean;

  /** A layer with γ = 1, β = 0, running mean 0 and running variance 1. */
  constructor({ name, relu = false, deferred = false }: BatchNormOptions = {}) {
    super({ name, epsilon: EPSILON, momentum: MOMENTUM });
    this.#relu = relu;
    this.#deferred = deferred;
  }

  /**
   * Applies the layer; `options.training` chooses the statistics.
   *
   * @throws {TrainingError} in training where a channel has a single value
   */
  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    return this.#deferred ? x : this.normalize(x, options);
  }

  /** x normalized; with a `residual` max(normalized + residual, 0), else as {@linkcode call}. */
  normalize(x: tf.Tensor, options: CallOptions, residual?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const [gamma, beta, mean, variance] = this.weights;
      const normalization = {
        gamma: gamma.read(),
        beta: beta.read(),
        epsilon: EPSILON,
        relu: this.#relu,
        residual,
      };
      if (!options?.["training"]) {
        return batchNormInference(x, mean.read(), variance.read(), normalization);
      }
      if (x.size / normalization.gamma.size < 2) {
        throw new TrainingError({
          act: `normalize a batch in ${this.name}`,
          rule: "training needs two or more values per channel",
          got: `the shape ${x.shape}`,
          next: "Choose a larger batch.",
        });
      }
      return batchNormTraining(x, normalization, { mean, variance, momentum: 1 - MOMENTUM });
    });
  }
}
