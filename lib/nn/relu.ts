/**
 * max(x, 0) together with what comes before it. The layers are saved as stock ones, so a stock
 * TensorFlow.js loads them; here one of them does the work of all, in one pass where the device has a
 * kernel for it, and the others pass on what they are given.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { BatchNorm, CallOptions } from "./batch_norm.ts";

type Constructor = new (args: { name: string }) => tf.layers.Layer;

// The classes themselves are not exported by TensorFlow.js, only their factories.
const StockReLU = tf.layers.reLU().constructor as Constructor;
const StockAdd = tf.layers.add().constructor as Constructor;

/** A ReLU after a layer that gives no negative values: here it changes nothing. */
export class ReluDone extends StockReLU {
  /** What it is given. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return Array.isArray(inputs) ? inputs[0] : inputs;
  }
}

/** The sum of two tensors of one shape, saved as `Add`, with what comes before and after it. */
export class AddRelu extends StockAdd {
  readonly #branch: BatchNorm;

  /** `branch` is the deferred layer that the first input comes from. */
  constructor({ name, branch }: { name: string; branch: BatchNorm }) {
    super({ name });
    this.#branch = branch;
  }

  /** max(normalised(x) + residual, 0). */
  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor {
    const [x, residual] = Array.isArray(inputs) ? inputs : [];
    return this.#branch.normalise(x, options, residual);
  }
}
