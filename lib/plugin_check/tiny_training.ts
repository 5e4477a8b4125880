/**
 * What encoders are tried with, and three steps of training with whatever is given.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { create } from "../create.ts";
import { checkOptions } from "../options.ts";
import type { Dataset, Encoder, Objective } from "../plugin.ts";
import { loadRegistry } from "../registry.ts";
import { pretrainSplit } from "../splits.ts";
import { trainOptions } from "../train/options.ts";
import { viewOptions } from "../views/options.ts";
import { checkEnv, type CheckPlace, type CheckResult, pass } from "./check.ts";
import { rng } from "../random.ts";

/** The side of the images, which encoders of one size only take too. */
export const SIDE = 32;
const STEPS = 3;

/** What is to be trained; what is left out is a small built-in one. */
export interface TinyParts {
  readonly dataset?: Dataset;
  readonly encoder?: Encoder;
  readonly objective?: Objective;
}

/** Trains. What training throws is thrown. */
export async function trainTiny(place: CheckPlace, parts: TinyParts): Promise<CheckResult> {
  const { device, signal } = place;
  const registry = await loadRegistry();
  const dataset = parts.dataset ?? await create(
    await registry.get("dataset", "synthetic"),
    { classes: 4, train: 64, test: 8, size: SIDE },
    checkEnv(device),
  );
  const env = checkEnv(device, { inputShape: dataset.shape, classes: dataset.classes });
  const encoder = parts.encoder ??
    await create(
      await registry.get("encoder", "conv"),
      { widths: [8, 16], strides: [2, 2] },
      env,
    );
  const objective = parts.objective ??
    await create(await registry.get("objective", "debiased"), {}, env);
  const { train } = await import("../train/train.ts");
  const { length } = pretrainSplit(dataset);
  const losses: string[] = [];
  try {
    const trained = await train(
      {
        device,
        dataset,
        encoder,
        objective,
        views: checkOptions(viewOptions, { cropSize: cropOf(dataset) }),
      },
      checkOptions(trainOptions, {
        maxSteps: STEPS,
        batchSize: Math.min(16, length),
        logEvery: 1,
        saveEvery: 0,
        evalEvery: 0,
      }),
      { signal, onStep: ({ record }) => losses.push((record?.loss ?? NaN).toFixed(3)) },
    );
    trained.dispose();
  } finally {
    if (parts.encoder === undefined) encoder.model.dispose();
  }
  return pass(`${STEPS} steps, loss ${losses.join(", ")}`);
}

/** The whole image where it is small. */
function cropOf({ shape: [height, width] }: Dataset): number {
  return Math.min(height, width ?? height, SIDE);
}

export interface TestedEncoder extends CheckPlace {
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
  { device: { tf } }: TestedEncoder,
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
  { device: { tf } }: TestedEncoder,
  encoder: Encoder,
  x: tf.Tensor,
): Promise<Float32Array> {
  const features = tf.tidy(() => apply(encoder, x, false));
  const values = await features.data<"float32">();
  features.dispose();
  return values;
}
