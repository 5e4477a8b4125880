/**
 * Losses kept on the device until they are logged: a readback waits about 10 ms, a step should not.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The losses since the last line of the log, as one tensor. */
export class LossWindow {
  #losses: tf.Tensor1D = tf.tensor1d([]);

  /** Adds the loss of one step, and disposes of it. */
  push(loss: tf.Scalar): void {
    this.#replace(tf.tidy(() => tf.concat1d([this.#losses, loss.as1D()])));
    loss.dispose();
  }

  /** Reads the losses, oldest first, and the values of `others`, in one readback. */
  async read(others: readonly tf.Tensor[] = []): Promise<{
    losses: Float32Array;
    others: Float32Array;
  }> {
    const count = this.#losses.size;
    const all = tf.tidy(() =>
      tf.concat1d([this.#losses, ...others.map((other) => other.toFloat().as1D())])
    );
    const values = Float32Array.from(await all.data());
    all.dispose();
    return { losses: values.slice(0, count), others: values.slice(count) };
  }

  /** Starts again with `losses`: none after a line of the log, or those of a checkpoint. */
  reset(losses: Float32Array = new Float32Array()): void {
    this.#replace(tf.tensor1d(losses));
  }

  /** Frees the tensor. */
  dispose(): void {
    this.#losses.dispose();
  }

  #replace(losses: tf.Tensor1D): void {
    this.#losses.dispose();
    this.#losses = losses;
  }
}
