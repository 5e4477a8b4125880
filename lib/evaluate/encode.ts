/**
 * One batch through a frozen encoder.
 *
 * @module
 */
import { applyEncoder } from "../apply_encoder.ts";
import type { Device } from "../device/device.ts";
import { UsageError } from "../errors.ts";
import type { Encoder } from "../plugin.ts";

/**
 * The features [batch, dim] of normalised examples in inference mode: batch normalisation uses its
 * running statistics, dropout is off, and no weight changes.
 *
 * @param examples a batch of `shape`
 * @param shape [batch, ...input shape]
 * @throws UsageError where the encoder takes no input of that shape
 * @throws PluginError where its model throws, or its output is not [batch, dim]
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
  const output = tf.tidy(() => applyEncoder(encoder, tf.tensor(examples, [...shape]), false));
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
