/**
 * A model's weights by name. TensorFlow.js makes the names of variables unique in the process, by
 * suffixes that depend on what was built before; checkpoints need names that depend on the model
 * alone.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * All weights, trained or not (running statistics), in the model's order, named
 * `layer.kernel`, `.bias`, `.gamma`, `.beta`, `.moving_mean` and `.moving_variance`.
 */
export function namedWeights(model: tf.LayersModel): Map<string, tf.Variable> {
  return byName(model, (layer) => layer.weights);
}

/** The trainable ones of {@linkcode namedWeights}, in the same order. */
export function trainableWeights(model: tf.LayersModel): Map<string, tf.Variable> {
  return byName(model, (layer) => layer.trainableWeights);
}

function byName(
  model: tf.LayersModel,
  weightsOf: (layer: tf.layers.Layer) => tf.LayerVariable[],
): Map<string, tf.Variable> {
  const weights = new Map<string, tf.Variable>();
  for (const layer of model.layers) {
    for (const weight of weightsOf(layer)) {
      const value = weight.read();
      if (!(value instanceof tf.Variable)) throw new TypeError(`${weight.name} is no variable`);
      weights.set(`${layer.name}.${weight.originalName.split("/").at(-1)}`, value);
    }
  }
  return weights;
}
