/**
 * A model's weights by name. TensorFlow.js makes the names of variables unique in the process, by
 * suffixes that depend on what was built before; checkpoints need names that depend on the model
 * alone. And what a weight that is written in place needs.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/**
 * All weights, trained or not (running statistics), in the model's order, named
 * `layer.kernel`, `.bias`, `.gamma`, `.beta`, `.moving_mean` and `.moving_variance`. Kernels are
 * [h, w, in, out] or [in, out], all others [channels].
 *
 * @example A convolution and its batch norm
 * ```ts
 * import { rng } from "@tauplus/tauplus";
 * import { convNet, namedWeights } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = convNet(1, [{ width: 4, stride: 1 }], rng(0));
 * const weights = namedWeights(model);
 * assertEquals(weights.get("conv1.kernel")?.shape, [3, 3, 1, 4]);
 * assertEquals(weights.get("bn1.moving_mean")?.shape, [4]);
 * ```
 */
export function namedWeights(model: tf.LayersModel): Map<string, tf.Variable> {
  return byName(model, (layer) => layer.weights);
}

/**
 * The trainable ones of {@linkcode namedWeights}, in the same order and of the same shapes, kernels
 * [h, w, in, out] or [in, out].
 *
 * @example What the optimizer changes
 * ```ts
 * import { rng } from "@tauplus/tauplus";
 * import { convNet, trainableWeights } from "@tauplus/tauplus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = convNet(1, [{ width: 4, stride: 1 }], rng(0));
 * const names = [...trainableWeights(model).keys()];
 * assertEquals(names, ["conv1.kernel", "bn1.gamma", "bn1.beta"]);
 * ```
 */
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

/**
 * Gives a variable data of its own where a clone has the same, which must keep its values: to be
 * called before the data is written in place.
 *
 * @param value the variable's tensor
 * @param write sets the variable to a copy of it, which is not kept
 */
export function copyOnWrite(value: tf.Tensor, write: (copy: tf.Tensor) => void): void {
  if (tf.backend().refCount(value.dataId) < 2) return;
  // A slice copies the bits as they are, and flat ones of any rank.
  tf.tidy(() => write(value.flatten().slice(0, value.size).reshape(value.shape)));
}
