/**
 * Maxima over windows of images, with their gradient, and the layer of it.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Square windows. */
export interface Windows {
  /** Their side. */
  readonly size: number;
  /** From one to the next, in both directions. */
  readonly stride: number;
  /** Zeros around the image, fewer than the size; x ≥ 0 makes of them what −∞ would be. */
  readonly padding: number;
}

/** The maxima of x [b, h, w, c], x ≥ 0; a window's gradient goes to the first of equal maxima. */
export function maxPool(x: tf.Tensor4D, windows: Windows): tf.Tensor4D {
  const { size, stride, padding } = windows;
  if (!tf.getKernel("MaxPoolWithPlaces", tf.getBackend())) {
    const around: [number, number] = [padding, padding];
    const padded = padding > 0 ? tf.pad4d(x, [[0, 0], around, around, [0, 0]]) : x;
    return tf.maxPool(padded, size, stride, "valid");
  }
  return tf.customGrad((...args) => {
    const [x, save] = args;
    if (!(x instanceof tf.Tensor) || typeof save !== "function") {
      throw new TypeError("customGrad gave no tensor, or no save function");
    }
    const { shape } = x;
    const attrs = { ...windows, shape };
    const [value, place] = tf.engine().runKernel<tf.Tensor[]>("MaxPoolWithPlaces", { x }, attrs);
    save([place]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [place]: tf.Tensor[]) =>
        tf.engine().runKernel<tf.Tensor>("MaxPoolFromPlaces", { dy, place }, attrs),
    };
  })(x) as tf.Tensor4D;
}

// The class itself is not exported by TensorFlow.js, only its factory.
type PoolArgs = Parameters<typeof tf.layers.maxPooling2d>[0] & { name: string };
const StockPool = tf.layers.maxPooling2d({}).constructor as new (args: PoolArgs) => tf.layers.Layer;

/**
 * {@linkcode maxPool} as a layer. It is saved as a stock `MaxPooling2D` after the stock
 * `ZeroPadding2D` that it must follow, and pads by itself.
 */
export class MaxPool extends StockPool {
  readonly #windows: Windows;

  /** A layer of such windows. */
  constructor(name: string, windows: Windows) {
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
