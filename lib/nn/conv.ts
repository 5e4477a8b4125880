/**
 * Convolution and pooling with PyTorch's padding, the same on both sides, saved as stock layers.
 * Keras's "same" pads more at the end where the stride is 2, and would shift the features.
 *
 * The convolution is a layer that computes no more than it must, saved as a stock `Conv2D`, after a
 * stock `ZeroPadding2D` where it has a stride. The stock layer always computes the gradient by its
 * input, also for the first layer, whose images need none; and its padding is a layer of its own,
 * which copies every image, and back again.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { averagePool, MaxPool } from "./pools.ts";
import { BatchNorm, type CallOptions } from "./batch_norm.ts";
import { UsageError } from "../errors.ts";

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

/**
 * A convolution [b, h, w, c] → [b, ⌈h/stride⌉, ⌈w/stride⌉, filters], padded by ⌊kernelSize/2⌋.
 *
 * @example Half the height and width
 * ```ts
 * import { conv2d } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const image = tf.input({ shape: [15, 16, 3] });
 * const y = conv2d(image, { name: "conv1", filters: 8, kernelSize: 3, stride: 2 });
 * assertEquals(y.shape, [null, 8, 8, 8]);
 * ```
 */
export function conv2d(x: tf.SymbolicTensor, options: ConvOptions): tf.SymbolicTensor {
  const { name, kernelSize, stride = 1 } = options;
  const padding = (kernelSize - 1) / 2;
  const same = stride === 1 || padding === 0;
  const input = same ? x : applyLayer(new Padding(`${name}.pad`, padding), x);
  return applyLayer(new Conv2D(options), input);
}

/**
 * Batch normalization of x [b, …, c] as PyTorch's, of one shape with x; see {@linkcode BatchNorm}.
 *
 * @example The layer's weights, of which the statistics are not trained
 * ```ts
 * import { batchNorm, namedWeights } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = tf.input({ shape: [8] });
 * const model = tf.model({ inputs: input, outputs: batchNorm(input, "bn1") });
 * const names = ["bn1.gamma", "bn1.beta", "bn1.moving_mean", "bn1.moving_variance"];
 * assertEquals([...namedWeights(model).keys()], names);
 * ```
 */
export function batchNorm(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(new BatchNorm({ name }), x);
}

/**
 * {@linkcode batchNorm} of x [b, …, c], then max(y, 0): two layers, computed as one.
 *
 * @example Of −1 and 1, nothing below 0 is left
 * ```ts
 * import { batchNormRelu } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = tf.input({ shape: [1] });
 * const model = tf.model({ inputs: input, outputs: batchNormRelu(input, "bn1", "relu1") });
 * const y = model.apply(tf.tensor2d([[-1], [1]]), { training: true }) as tf.Tensor;
 * assertEquals([...y.dataSync()].map((value) => value.toFixed(4)), ["0.0000", "1.0000"]);
 * ```
 */
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

/**
 * {@linkcode batchNorm} of x, the sum with the residual, and max(y, 0): three layers, computed as one.
 * x, residual and result are of one shape, [b, h, w, c].
 *
 * @example The end of a residual block
 * ```ts
 * import { batchNormAddRelu, conv2d } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const block = tf.input({ shape: [8, 8, 4] });
 * const branch = conv2d(block, { name: "conv1", filters: 4, kernelSize: 3 });
 * const y = batchNormAddRelu([branch, block], "bn1", "add", "relu");
 * assertEquals(y.shape, [null, 8, 8, 4]);
 * ```
 */
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

/**
 * max(x, 0) of x [b, …], of its shape.
 *
 * @example As a model
 * ```ts
 * import { relu } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = tf.input({ shape: [3] });
 * const model = tf.model({ inputs: input, outputs: relu(input, "relu1") });
 * const y = model.apply(tf.tensor2d([[-1, 0, 2]])) as tf.Tensor;
 * assertEquals(y.arraySync(), [[0, 0, 2]]);
 * ```
 */
export function relu(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(tf.layers.reLU({ name }), x);
}

/**
 * Maximum over 3×3 windows at stride 2, padded by 1: [b, h, w, c] → [b, ⌈h/2⌉, ⌈w/2⌉, c]. For x ≥ 0,
 * where padding with 0 equals −∞.
 *
 * @example The largest of each window
 * ```ts
 * import { maxPool } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = tf.input({ shape: [2, 4, 1] });
 * const model = tf.model({ inputs: input, outputs: maxPool(input, "maxpool") });
 * const image = tf.tensor4d([[[[1], [3], [5], [7]], [[2], [4], [6], [8]]]]); // [1, 2, 4, 1]
 * const y = model.apply(image) as tf.Tensor;
 * assertEquals(y.arraySync(), [[[[4], [8]]]]);
 * ```
 */
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

/**
 * The mean over height and width: [b, h, w, c] → [b, c].
 *
 * @example Features of images of any size
 * ```ts
 * import { globalAveragePool } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const input = tf.input({ shape: [null, null, 2] });
 * const model = tf.model({ inputs: input, outputs: globalAveragePool(input, "avgpool") });
 * const y = model.apply(tf.tensor4d([[[[1, 10], [3, 30]]]])) as tf.Tensor; // of [1, 1, 2, 2]
 * assertEquals(y.arraySync(), [[2, 20]]);
 * ```
 */
export function globalAveragePool(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(new GlobalAveragePool({ name, dataFormat: "channelsLast" }), x);
}

/**
 * Applies a layer of one output to symbolic inputs, [b, …] as the layer takes them, and gives its one
 * output, of the shape that the layer gives. Throws a TypeError where it has several.
 *
 * @example A stock layer among ours
 * ```ts
 * import { applyLayer, conv2d } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 * import * as tf from "@tensorflow/tfjs";
 *
 * const image = tf.input({ shape: [8, 8, 1] });
 * const x = conv2d(image, { name: "conv1", filters: 4, kernelSize: 3 });
 * const features = applyLayer(tf.layers.flatten(), x);
 * assertEquals(features.shape, [null, 8 * 8 * 4]);
 * ```
 */
export function applyLayer(
  layer: tf.layers.Layer,
  inputs: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  const output = layer.apply(inputs);
  if (!(output instanceof tf.SymbolicTensor)) throw new TypeError(`${layer.name} has one output`);
  return output;
}

type Constructor<A> = new (args: A) => tf.layers.Layer;

// The classes themselves are not exported by TensorFlow.js, only their factories.
const StockReLU = tf.layers.reLU().constructor as Constructor<{ name: string }>;
const StockAdd = tf.layers.add().constructor as Constructor<{ name: string }>;

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

type ConvArgs = Parameters<typeof tf.layers.conv2d>[0];
type PaddingArgs = Parameters<typeof tf.layers.zeroPadding2d>[0] & { name: string };

// The classes themselves are not exported by TensorFlow.js, only their factories.
const StockConv = tf.layers.conv2d({ filters: 1, kernelSize: 1 })
  .constructor as Constructor<ConvArgs>;
const StockPadding = tf.layers.zeroPadding2d().constructor as Constructor<PaddingArgs>;

/**
 * A convolution without bias of images [b, h, w, c], padded by ⌊kernelSize/2⌋ by itself; where it has
 * a stride it follows a {@linkcode Padding}, which leaves that to it.
 */
export class Conv2D extends StockConv {
  readonly #stride: number;
  readonly #padding: number;

  /** A layer whose kernel is zeros. */
  constructor({ name, filters, kernelSize, stride = 1 }: ConvOptions) {
    super({
      name,
      filters,
      kernelSize,
      strides: stride,
      padding: stride === 1 ? "same" : "valid",
      useBias: false,
      kernelInitializer: "zeros",
    });
    this.#stride = stride;
    this.#padding = (kernelSize - 1) / 2;
  }

  /** Applies the layer. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
      const kernel = this.weights[0].read() as tf.Tensor4D;
      return tf.conv2d(x, kernel, this.#stride, this.#padding);
    });
  }
}

/** Zeros around images, which the {@linkcode Conv2D} that follows adds as it goes. */
class Padding extends StockPadding {
  /** `size` zeros on each side, where the layer is loaded by a stock TensorFlow.js. */
  constructor(name: string, size: number) {
    super({ name, padding: [[size, size], [size, size]] });
  }

  /** The images as they are. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return Array.isArray(inputs) ? inputs[0] : inputs;
  }
}

/**
 * The number of channels of images [height, width, channels].
 *
 * @throws {UsageError} where `inputShape` is not an image's
 *
 * @example Images, and rows of numbers
 * ```ts
 * import { UsageError } from "@tauplus/tauplus";
 * import { imageChannels } from "@tauplus/tauplus/nn";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(imageChannels("mine", [32, 32, 3]), 3);
 * assertThrows(() => imageChannels("mine", [100]), UsageError);
 * ```
 */
export function imageChannels(encoder: string, inputShape: readonly number[]): number {
  if (inputShape.length !== 3) {
    throw new UsageError({
      act: `use the encoder ${encoder}`,
      rule: "the dataset's examples must be images, [height, width, channels]",
      got: `the shape [${inputShape.join(", ")}]`,
      next: "Choose a dataset of images, or write an encoder for such examples and load it with " +
        "--plugin.",
    });
  }
  return inputShape[2];
}
