/**
 * One batch through a frozen encoder.
 *
 * @module
 */
import type { Device } from "../device/device.ts";
import { PluginError, UsageError } from "../errors.ts";
import type { Encoder } from "../plugin.ts";

/**
 * The features [batch, dim] of normalised examples in inference mode: batch normalisation uses its
 * running statistics, dropout is off, and no weight changes.
 *
 * @param examples a batch of `shape`
 * @param shape [batch, ...input shape]
 * @throws UsageError where the encoder takes no input of that shape
 * @throws PluginError where its output is not [batch, dim]
 */
export async function encode(
  device: Device,
  encoder: Encoder,
  examples: Float32Array,
  shape: readonly number[],
): Promise<Float32Array> {
  checkInput(encoder, shape.slice(1));
  await device.tune();
  const { tf } = device;
  const output = tf.tidy(() => {
    const given = encoder.model.apply(tf.tensor(examples, [...shape]), { training: false });
    if (given instanceof tf.Tensor && String(given.shape) === `${shape[0]},${encoder.dim}`) {
      return given;
    }
    throw new PluginError({
      act: "compute features",
      rule: `the encoder must give one tensor [${shape[0]}, ${encoder.dim}], its dim`,
      got: given instanceof tf.Tensor ? `[${given.shape.join(", ")}]` : "several",
      next: "Correct the encoder's plugin: `dim` is the length of what its model gives.",
    });
  });
  const features = await output.data<"float32">();
  output.dispose();
  device.check();
  return features;
}

/** Throws UsageError unless the encoder takes examples of that shape. */
function checkInput(encoder: Encoder, shape: readonly number[]): void {
  const taken = encoder.model.inputs[0].shape.slice(1);
  const fits = taken.length === shape.length &&
    shape.every((n, axis) =>
      n === taken[axis] || taken[axis] === null || (encoder.anySize && axis < 2)
    );
  if (fits) return;
  throw new UsageError({
    act: "compute features",
    rule: `the encoder takes examples of shape [${taken.map((n) => n ?? "any").join(", ")}]`,
    got: `[${shape.join(", ")}]`,
    next:
      "Choose an encoder that takes any image size, or train one at the size of the dataset's " +
      "images (--crop_size).",
  });
}
