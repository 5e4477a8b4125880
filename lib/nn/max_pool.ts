/**
 * Maxima over windows of images, with their gradient, and the layer of it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, runKernel, type WindowAttributes, withGradient } from "../kernels/calls.ts";

/** The maxima of x [b, h, w, c], x ≥ 0; a window's gradient goes to the first of equal maxima. */
export function maxPool(x: tf.Tensor4D, windows: WindowAttributes): tf.Tensor4D {
  const { size, stride, padding } = windows;
  if (!hasKernel("MaxPoolWithIndices")) {
    const around: [number, number] = [padding, padding];
    const padded = padding > 0 ? tf.pad4d(x, [[0, 0], around, around, [0, 0]]) : x;
    return tf.maxPool(padded, size, stride, "valid");
  }
  return withGradient<tf.Tensor4D>([x], (save) => {
    const { shape } = x;
    const [value, indices] = runKernel("MaxPoolWithIndices", { x }, windows);
    save([indices]);
    return {
      value: value as tf.Tensor4D,
      gradFunc: (dy, [indices]) =>
        runKernel("MaxPoolWithIndicesGrad", { dy, indices }, { ...windows, shape }),
    };
  });
}

// The class itself is not exported by TensorFlow.js, only its factory.
type PoolArgs = Parameters<typeof tf.layers.maxPooling2d>[0] & { name: string };
const StockPool = tf.layers.maxPooling2d({}).constructor as new (args: PoolArgs) => tf.layers.Layer;

/**
 * {@linkcode maxPool} as a layer. It is saved as a stock `MaxPooling2D` after the stock
 * `ZeroPadding2D` that it must follow, and pads by itself.
 */
export class MaxPool extends StockPool {
  readonly #windows: WindowAttributes;

  /** A layer of such windows. */
  constructor(name: string, windows: WindowAttributes) {
    const { size, stride } = windows;
    super({ name, poolSize: size, strides: stride, padding: "valid" });
    this.#windows = windows;
  }

  /** Pools. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => maxPool(x, this.#windows));
  }
}
