/**
 * Average pooling to a grid of a given size, whatever the size of the image.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { averagePool } from "./average_pool.ts";

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
