/**
 * Features of a split under a frozen encoder, computed once and given to every probe.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Device } from "../device/device.ts";
import type { Dataset, Encoder, FeatureSplit, Progress } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { augment } from "../views/augment.ts";
import { normalize } from "../views/normalize.ts";
import type { ViewOptions } from "../views/options.ts";
import { findSplit, labeledExamples, pretrainName } from "../splits.ts";
import { applyEncoder } from "../apply_encoder.ts";
import { TrainingError, UsageError } from "../errors.ts";
import { yieldToEvents } from "../yield_to_events.ts";

export interface FeatureOptions extends Omit<RowsOptions, "task"> {
  /** Where the encoder runs. */
  readonly device: Device;
  /** The encoder; it runs in inference mode. */
  readonly encoder: Encoder;
  readonly dataset: Dataset;
  readonly split: string;
}

/** What the views of augmented features follow. */
export interface Augmentation {
  readonly seed: number;
  readonly views: ViewOptions;
}

/** Pretraining takes the views 0, 1, … of an image; augmented features take this one. */
const VIEW = 2 ** 16;

/**
 * The features of the examples of a split, in its order, whatever their labels.
 *
 * Examples are normalized and go in at their native size. Throws UsageError where the encoder
 * takes no such size, PluginError where it gives other shapes than it says, TrainingError where a
 * feature is not finite.
 *
 * @param indices the examples
 * @returns [indices.length, encoder.dim]
 */
export async function featureRows(
  options: FeatureOptions,
  indices: Int32Array,
): Promise<Float32Array> {
  const { device, encoder, dataset, split } = options;
  const { shape, mean, std } = dataset;
  const source = findSplit(dataset, split);
  return await collectRows(indices, encoder.dim, async (batch) => {
    const examples = normalize(await source.read(batch), shape, mean, std);
    return await encode(device, encoder, examples, [batch.length, ...shape]);
  }, { ...options, task: `features of ${split}` });
}

/**
 * The features of the labeled examples of a split. The caller disposes `features`.
 *
 * `augmented` is there where `augmentation` is given and the dataset can augment the split: images
 * always, a dataset with its own views only the split it pretrains on.
 *
 * Throws what {@linkcode featureRows} throws, and UsageError where the split is missing or has no
 * labels.
 */
export async function extractFeatures(
  options: FeatureOptions & { readonly augmentation?: Augmentation },
): Promise<FeatureSplit> {
  const { device: { tf }, encoder, dataset, split, augmentation } = options;
  const { indices, labels } = labeledExamples(findSplit(dataset, split), split);
  const shape: [number, number] = [indices.length, encoder.dim];
  const features = tf.tensor2d(await featureRows(options, indices), shape);
  if (!augmentation || (dataset.views && split !== pretrainName(dataset))) {
    return { features, labels };
  }
  return {
    features,
    labels,
    augmented: async (epoch) =>
      tf.tensor2d(await augmentedRows(options, augmentation, indices, epoch), shape),
  };
}

/** The features of one random view of each example. */
async function augmentedRows(
  options: FeatureOptions,
  { seed, views }: Augmentation,
  indices: Int32Array,
  epoch: number,
): Promise<Float32Array> {
  const { device, encoder, dataset, split } = options;
  const { shape, mean, std } = dataset;
  const source = findSplit(dataset, split);
  const viewsOf = async (batch: Int32Array): Promise<[Float32Array, readonly number[]]> => {
    if (dataset.views) {
      const random = (row: number) => rng(seed, STREAM.views, epoch, batch[row], VIEW);
      const [examples] = await dataset.views(batch, random);
      return [normalize(examples, shape, mean, std), shape];
    }
    const key = { seed, epoch, view: VIEW };
    const examples = augment(await source.read(batch), shape, batch, key, views, mean, std);
    return [examples, [views.cropSize, views.cropSize, shape[2]]];
  };
  return await collectRows(indices, encoder.dim, async (batch) => {
    const [examples, viewShape] = await viewsOf(batch);
    return await encode(device, encoder, examples, [batch.length, ...viewShape]);
  }, { ...options, task: `features of augmented ${split}, epoch ${epoch}` });
}

/**
 * The normalized, flattened pixels of the labeled examples of a split as features: the baseline
 * that no encoder should lose to. The caller disposes `features`.
 */
export async function pixelFeatures(
  options: Omit<FeatureOptions, "encoder">,
): Promise<FeatureSplit> {
  const { device: { tf }, dataset, split } = options;
  const { shape, mean, std } = dataset;
  const source = findSplit(dataset, split);
  const { indices, labels } = labeledExamples(source, split);
  const dim = shape.reduce((product, n) => product * n, 1);
  const rows = await collectRows(
    indices,
    dim,
    async (batch) => normalize(await source.read(batch), shape, mean, std),
    { ...options, task: `pixels of ${split}` },
  );
  const features: tf.Tensor2D = tf.tensor2d(rows, [indices.length, dim]);
  return { features, labels };
}

/**
 * The features [batch, dim] of normalized examples in inference mode: batch normalization uses its
 * running statistics, dropout is off, and no weight changes.
 *
 * @param examples a batch of `shape`
 * @param shape [batch, ...input shape]
 * @throws UsageError where the encoder takes no input of that shape
 * @throws PluginError where its model throws, or its output is not [batch, dim]
 */
async function encode(
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

/** How to go through the examples. */
interface RowsOptions {
  /** What is done, for progress and errors: `features of test`. */
  readonly task: string;
  /** Examples at a time, at least 1. */
  readonly batchSize: number;
  /** Reports the examples done. */
  readonly progress?: (progress: Progress) => void;
  /** Aborts between batches. */
  readonly signal?: AbortSignal;
}

/**
 * The rows of all examples as one array [indices.length, dim].
 *
 * @param indices the examples, in order
 * @param dim the length of a row
 * @param rowsOf makes the rows [batch.length, dim] of a batch of indices
 * @throws UsageError where the batch size is no positive integer
 * @throws TrainingError where a value is not finite
 */
export async function collectRows(
  indices: Int32Array,
  dim: number,
  rowsOf: (batch: Int32Array) => Promise<Float32Array>,
  { task, batchSize, progress, signal }: RowsOptions,
): Promise<Float32Array> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new UsageError({
      act: `compute ${task}`,
      rule: "the batch size must be a positive integer",
      got: batchSize,
      next: "Choose another, such as 256.",
    });
  }
  const total = indices.length;
  const all = new Float32Array(total * dim);
  for (let start = 0; start < total; start += batchSize) {
    await yieldToEvents(signal);
    progress?.({ task, done: start, total, unit: "images" });
    const rows = await rowsOf(indices.subarray(start, start + batchSize));
    const wrong = rows.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new TrainingError({
        act: `compute ${task}`,
        rule: `every value of example ${indices[start + Math.floor(wrong / dim)]} must be finite`,
        got: rows[wrong],
        next: "The encoder has diverged, or the data has such values: use an earlier checkpoint, " +
          "or train with a lower learning rate.",
      });
    }
    all.set(rows, start * dim);
  }
  progress?.({ task, done: total, total, unit: "images" });
  return all;
}
