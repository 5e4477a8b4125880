/**
 * A convolution as a layer that computes no more than it must. It is saved as a stock `Conv2D`, after
 * a stock `ZeroPadding2D` where it has a stride, so a stock TensorFlow.js loads it.
 *
 * The stock layer always computes the gradient by its input, also for the first layer, whose images
 * need none; and its padding is a layer of its own, which copies every image, and back again.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { ConvOptions } from "./conv.ts";

type Constructor<A> = new (args: A) => tf.layers.Layer;
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
export class Padding extends StockPadding {
  /** `size` zeros on each side, where the layer is loaded by a stock TensorFlow.js. */
  constructor(name: string, size: number) {
    super({ name, padding: [[size, size], [size, size]] });
  }

  /** The images as they are. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return Array.isArray(inputs) ? inputs[0] : inputs;
  }
}
