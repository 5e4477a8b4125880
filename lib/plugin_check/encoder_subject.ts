/**
 * What encoders are tried with.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Encoder } from "../plugin.ts";
import { rng } from "../random.ts";
import type { CheckPlace } from "./check.ts";
import { SIDE } from "./tiny_training.ts";

export interface EncoderSubject extends CheckPlace {
  /** The name on the command line. */
  readonly name: string;
  /** The encoder, for images of {@linkcode INPUT_SHAPE}. */
  readonly encoder: Encoder;
  /** Makes it once more, with another seed or the same; the caller frees its model. */
  readonly again: (seed: number) => Promise<Encoder>;
  /** A built-in encoder, to compare the speed with. */
  readonly others: Readonly<Record<string, Encoder>>;
}

/** The images that encoders are tried with. */
export const INPUT_SHAPE: readonly number[] = [SIDE, SIDE, 3];
/** Images of a batch. */
export const BATCH = 4;

/** Noise in the place of normalized images; the caller disposes. */
export function images(
  { device: { tf } }: EncoderSubject,
  batch = BATCH,
  [height, width, channels] = INPUT_SHAPE,
): tf.Tensor4D {
  const random = rng(2, batch, height, width);
  const values = Float32Array.from(
    { length: batch * height * width * channels },
    () => random.normal(),
  );
  return tf.tensor4d(values, [batch, height, width, channels]);
}

/** The features of a batch; throws where the model gives anything else than one tensor. */
export function apply({ model }: Encoder, x: tf.Tensor, training: boolean): tf.Tensor {
  const features = model.apply(x, { training });
  if (Array.isArray(features) || !("dataSync" in features)) {
    throw new Error("its model gives more than one tensor");
  }
  return features;
}

/** The features in inference mode, read back. */
export async function featuresOf(
  { device: { tf } }: EncoderSubject,
  encoder: Encoder,
  x: tf.Tensor,
): Promise<Float32Array> {
  const features = tf.tidy(() => apply(encoder, x, false));
  const values = await features.data<"float32">();
  features.dispose();
  return values;
}
