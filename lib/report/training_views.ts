/**
 * Images beside their views, as the encoder saw them in training.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Session } from "../session.ts";
import { pretrainSplit } from "../splits.ts";
import { makeBatches } from "../train/batches.ts";
import type { ViewOptions } from "../views/options.ts";
import { bytesOf } from "./test_images.ts";
import { checkDrawable, type SpriteSheet, spriteSheet } from "./sprite_sheet.ts";

/** Images and their views. */
export interface TrainingViews {
  readonly images: SpriteSheet;
  /** Their views, those of one image after another. */
  readonly views: SpriteSheet;
  readonly viewCount: number;
  /** [height, width, channels] of an image, and of a view. */
  readonly imageShape: readonly number[];
  readonly viewShape: readonly number[];
  /** The places of the images in the split that was trained on. */
  readonly indices: readonly number[];
  /** The names of their classes; undefined where they are unknown. */
  readonly labels: readonly (string | undefined)[];
}

/** How many images are shown. */
const IMAGES = 16;

/** Pixels of a picture at most. */
const LARGEST = 64;

/** What a run's views follow. */
export interface ViewsOfRun {
  readonly views: ViewOptions;
  readonly viewCount: number;
  /** The run's seed. */
  readonly seed: number;
}

/**
 * The views of the first images that the run was trained on, in its first epoch. They are what the
 * encoder was given, with mean and deviation put back. Throws a UsageError where they are no images.
 */
export async function firstViews(
  { dataset }: Session,
  { views: options, viewCount, seed }: ViewsOfRun,
): Promise<TrainingViews> {
  checkDrawable(dataset.shape);
  const split = pretrainSplit(dataset);
  const batchSize = Math.min(IMAGES, split.length);
  const batches = makeBatches({ dataset, views: options, viewCount, seed, batchSize });
  try {
    const { indices, views, shape, labels } = await batches.read(0, 0);
    const tensors = views(0, batchSize);
    const [mean, std] = [dataset.mean, dataset.std];
    const all = tf.tidy(() => tf.stack(tensors, 1).mul([...std]).add([...mean]));
    const pixels = Float32Array.from(await all.data());
    tf.dispose([tensors, all]);
    const names = labels && [...labels].map((label) => dataset.classes[label]);
    return {
      images: await spriteSheet(bytesOf(await split.read(indices)), dataset.shape, LARGEST),
      views: await spriteSheet(bytesOf(pixels), shape, LARGEST),
      viewCount: tensors.length,
      imageShape: dataset.shape,
      viewShape: shape,
      indices: [...indices],
      labels: names ?? [...indices].map(() => undefined),
    };
  } finally {
    batches.close();
  }
}
