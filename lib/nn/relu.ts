/**
 * max(x, 0) together with what comes before it. Each pair of layers is saved as the stock pair, so a
 * stock TensorFlow.js loads it; here the first of them does the work of both, in one pass where
 * the device has a kernel for it, and the second passes it on.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

type Constructor = new (args: { name: string }) => tf.layers.Layer;

// The classes themselves are not exported by TensorFlow.js, only their factories.
const StockReLU = tf.layers.reLU().constructor as Constructor;
const StockAdd = tf.layers.add().constructor as Constructor;

/** A ReLU after a layer that gives no negative values: here it changes nothing. */
export class ReluDone extends StockReLU {
  /** What it is given. */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return Array.isArray(inputs) ? inputs[0] : inputs;
  }
}

/** The sum of two tensors of one shape, saved as `Add`, with the ReLU that follows it. */
export class AddRelu extends StockAdd {
  /** max(a + b, 0). */
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [a, b] = Array.isArray(inputs) ? inputs : [];
    return addRelu(a, b);
  }
}

/** max(a + b, 0) of two tensors of one shape. */
export function addRelu(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (!tf.getKernel("AddRelu", tf.getBackend())) return tf.tidy(() => a.add(b).relu());
  return tf.customGrad((...args) => {
    const [a, b, save] = args;
    if (!(a instanceof tf.Tensor && b instanceof tf.Tensor) || typeof save !== "function") {
      throw new TypeError("customGrad gave no tensors, or no save function");
    }
    const value = tf.engine().runKernel<tf.Tensor>("AddRelu", { a, b });
    save([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [y]: tf.Tensor[]) => {
        const dx = tf.engine().runKernel<tf.Tensor>("ReluGrad", { dy, y });
        return [dx, dx.clone()];
      },
    };
  })(a, b);
}
