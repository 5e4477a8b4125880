/**
 * Average pooling to a grid of a given size, whatever the size of the image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

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
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
      const [batch, height, width, channels] = x.shape;
      const cells = this.#cells(height).flatMap(([top, h]) =>
        this.#cells(width).map(([left, w]) =>
          x.slice([0, top, left, 0], [batch, h, w, channels]).mean<tf.Tensor2D>([1, 2])
        )
      );
      return tf.concat(cells, 1);
    });
  }

  /** What a saved model keeps. */
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), size: this.#size };
  }

  /** Start and length of the cells of an axis of length n. */
  #cells(n: number): [number, number][] {
    return Array.from({ length: this.#size }, (_, i) => {
      const start = Math.floor(i * n / this.#size);
      return [start, Math.ceil((i + 1) * n / this.#size) - start];
    });
  }
}

tf.serialization.registerClass(AdaptiveAveragePool);
