/**
 * Convolution and pooling with PyTorch's padding, the same on both sides, saved as stock layers.
 * Keras's "same" pads more at the end where the stride is 2, and would shift the features.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { averagePool } from "./adaptive_average_pool.ts";
import { BatchNorm, type CallOptions } from "./batch_norm.ts";
import { Conv2D, Padding } from "./conv2d_layer.ts";
import { MaxPool } from "./max_pool.ts";

/** A convolution. */
export interface ConvOptions {
  /** The layer's name. */
  readonly name: string;
  /** Channels of the output. */
  readonly filters: number;
  /** Side of the kernel, odd. */
  readonly kernelSize: number;
  /** Step in both directions; default 1. */
  readonly stride?: number;
}

/** A convolution [b, h, w, c] → [b, ⌈h/stride⌉, ⌈w/stride⌉, filters], padded by ⌊kernelSize/2⌋. */
export function conv2d(x: tf.SymbolicTensor, options: ConvOptions): tf.SymbolicTensor {
  const { name, kernelSize, stride = 1 } = options;
  const padding = (kernelSize - 1) / 2;
  const same = stride === 1 || padding === 0;
  const input = same ? x : applyLayer(new Padding(`${name}.pad`, padding), x);
  return applyLayer(new Conv2D(options), input);
}

/** Batch normalization as PyTorch's, see {@linkcode BatchNorm}. */
export function batchNorm(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(new BatchNorm({ name }), x);
}

/** {@linkcode batchNorm}, then max(y, 0): two layers, computed as one. */
export function batchNormRelu(
  x: tf.SymbolicTensor,
  name: string,
  reluName: string,
): tf.SymbolicTensor {
  return applyLayer(
    new ReluDone({ name: reluName }),
    applyLayer(new BatchNorm({ name, relu: true }), x),
  );
}

/** {@linkcode batchNorm} of x, the sum with the residual, and max(y, 0): three layers, as one. */
export function batchNormAddRelu(
  [x, residual]: [tf.SymbolicTensor, tf.SymbolicTensor],
  name: string,
  addName: string,
  reluName: string,
): tf.SymbolicTensor {
  const branch = new BatchNorm({ name, deferred: true });
  const sum = applyLayer(new AddRelu({ name: addName, branch }), [applyLayer(branch, x), residual]);
  return applyLayer(new ReluDone({ name: reluName }), sum);
}

/** max(x, 0). */
export function relu(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(tf.layers.reLU({ name }), x);
}

/** Maximum over 3×3 windows at stride 2, padded by 1. For x ≥ 0, where padding with 0 equals −∞. */
export function maxPool(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  const padded = applyLayer(new Padding(`${name}.pad`, 1), x);
  return applyLayer(new MaxPool(name, { size: 3, stride: 2, padding: 1 }), padded);
}

// The class itself is not exported by TensorFlow.js, only its factory.
const StockPool = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" })
  .constructor as new (args: { name: string; dataFormat: "channelsLast" }) => tf.layers.Layer;

/** Saved as the stock layer, and computed in one pass each way where there is a kernel. */
class GlobalAveragePool extends StockPool {
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return averagePool(Array.isArray(inputs) ? inputs[0] : inputs, 1);
  }
}

/** The mean over height and width: [b, h, w, c] → [b, c]. */
export function globalAveragePool(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(new GlobalAveragePool({ name, dataFormat: "channelsLast" }), x);
}

/** Applies a layer of one output to symbolic inputs. */
export function applyLayer(
  layer: tf.layers.Layer,
  inputs: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  const output = layer.apply(inputs);
  if (!(output instanceof tf.SymbolicTensor)) throw new TypeError(`${layer.name} has one output`);
  return output;
}

type Constructor = new (args: { name: string }) => tf.layers.Layer;

// The classes themselves are not exported by TensorFlow.js, only their factories.
const StockReLU = tf.layers.reLU().constructor as Constructor;
const StockAdd = tf.layers.add().constructor as Constructor;

/**
 * A ReLU after a layer that has taken max(x, 0) already, in one pass where the device has a kernel for
 * it: here it passes on its input. It is saved as a stock layer, so a stock TensorFlow.js loads it.
 */
class ReluDone extends StockReLU {
  /** Passes on its input. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return Array.isArray(inputs) ? inputs[0] : inputs;
  }
}

/** The sum of two tensors of one shape, saved as `Add`, with what comes before and after it. */
class AddRelu extends StockAdd {
  readonly #branch: BatchNorm;

  /** `branch` is the deferred layer that the first input comes from. */
  constructor({ name, branch }: { name: string; branch: BatchNorm }) {
    super({ name });
    this.#branch = branch;
  }

  /** max(normalized(x) + residual, 0). */
  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor {
    const [x, residual] = Array.isArray(inputs) ? inputs : [];
    return this.#branch.normalize(x, options, residual);
  }
}
