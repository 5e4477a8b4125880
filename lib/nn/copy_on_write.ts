/**
 * Variables that are written in place.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

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
