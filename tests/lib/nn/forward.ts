import * as tf from "@tensorflow/tfjs";

/**
 * Applies a model of one input and one output to tensors, [batch, …] → [batch, dim].
 *
 * @param training whether batch norms use, and learn from, the statistics of this batch
 */
export function forward(model: tf.LayersModel, x: tf.Tensor, training: boolean): tf.Tensor2D {
  return tf.tidy(() => {
    const y = model.apply(x, { training });
    if (!(y instanceof tf.Tensor)) throw new TypeError(`${model.name} must have one output`);
    return y.as2D(y.shape[0], y.size / y.shape[0]);
  });
}
