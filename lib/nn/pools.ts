/**
 * Pools of images, with their gradients, and the layers of them: maxima over windows, and averages of
 * a grid of a given size, whatever the size of the image.
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

/** Where the layer is in its saved form. */
type Config = { name?: string; size: number };

/**
 * PyTorch's `AdaptiveAvgPool2d(size)`, flattened: [b, h, w, c] → [b, size·size·c], row by row. Cell
 * i of an axis of length n is the mean of ⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ − 1, so cells overlap where
 * the size does not divide n.
 */
export class AdaptiveAveragePool extends tf.layers.Layer {
  /** The name by which a saved model finds the class. */
  static className = "AdaptiveAveragePool";
  readonly #size: number;

  /** A layer that gives `size` × `size` cells. */
  constructor({ name, size }: Config) {
    super({ name });
    this.#size = size;
  }

  /** [b, size·size·c]; height and width need not be known. */
  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    const [batch, , , channels] = inputShape as tf.Shape;
    return [batch, this.#size ** 2 * (channels ?? 0)];
  }

  /** Pools. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return averagePool(Array.isArray(inputs) ? inputs[0] : inputs, this.#size);
  }

  /** What a saved model keeps. */
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), size: this.#size };
  }
}

tf.serialization.registerClass(AdaptiveAveragePool);

/**
 * Means of x [b, h, w, c] over the cells of a size × size grid: [b, size·size·c], row by row. Cell i
 * of an axis of length n is ⌊i·n/size⌋ … ⌈(i+1)·n/size⌉ − 1.
 */
export function averagePool(x: tf.Tensor, size: number): tf.Tensor {
  if (!hasKernel("AdaptiveAveragePool")) return tf.tidy(() => composed(x, size));
  const { shape } = x;
  return withGradient([x], () => ({
    value: runKernel("AdaptiveAveragePool", { x }, { size })[0],
    gradFunc: (dy) => runKernel("AdaptiveAveragePoolGrad", { dy }, { size, shape }),
  }));
}

function composed(x: tf.Tensor, size: number): tf.Tensor {
  if (size === 1) return x.mean([1, 2]);
  const [batch, height, width, channels] = x.shape;
  const means = cells(height, size).flatMap(([top, h]) =>
    cells(width, size).map(([left, w]) =>
      x.slice([0, top, left, 0], [batch, h, w, channels]).mean<tf.Tensor2D>([1, 2])
    )
  );
  return tf.concat(means, 1);
}

/** Start and length of the cells of an axis of length n. */
function cells(n: number, size: number): [number, number][] {
  return Array.from({ length: size }, (_, i) => {
    const start = Math.floor(i * n / size);
    return [start, Math.ceil((i + 1) * n / size) - start];
  });
}
