/**
 * The batches of a run: which examples, in which order, seen how. All are pure functions of the
 * seed, the epoch and the step, so resuming needs counters only.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { PluginError, UsageError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Dataset, ExampleBatch, Split } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { normalize } from "../views/normalize.ts";
import type { ViewOptions } from "../views/options.ts";
import { imageViews, rowsOf } from "./image_views.ts";

/** Views of one batch of examples. */
export interface Batch {
  /** The examples' indices in the pretraining split. */
  readonly indices: Uint32Array;
  /**
   * Rows `begin` to `end` of each view as tensors [end − begin, ...shape], as the encoder takes them.
   * They are put on the device or made there at each call, the same ones every time; the caller
   * disposes of them. To be called before the batches are closed.
   */
  readonly views: (begin: number, end: number) => tf.Tensor[];
  /** The shape of one view. */
  readonly shape: readonly number[];
  /** The class of each example, −1 where unknown; absent where nothing is labelled. */
  readonly labels?: Int32Array;
}

/** What the batches are made of. */
export interface BatchParts {
  /** Where examples come from. */
  readonly dataset: Dataset;
  /** How images are augmented; unused where the dataset makes its own views. */
  readonly views: ViewOptions;
  /** How many views to make of an image. */
  readonly viewCount: number;
  /** The seed of order and views. */
  readonly seed: number;
  /** Examples in a batch. */
  readonly batchSize: number;
}

/** The batches of every epoch. */
export interface Batches {
  /** Batches in an epoch; examples beyond the last whole one are left out, as in the reference. */
  readonly stepsPerEpoch: number;
  /** The indices of the examples of a step; both count from 0. */
  indices(epoch: number, step: number): Uint32Array;
  /** The views of a step; both count from 0. */
  read(epoch: number, step: number): Promise<Batch>;
  /** Ends the thread that makes views, and frees what the device keeps of the dataset. */
  close(): void;
}

/** Plans the batches. Throws a UsageError where the dataset has fewer examples than one batch. */
export function makeBatches(parts: BatchParts): Batches {
  const { dataset, seed, batchSize } = parts;
  const split = pretrainSplit(dataset);
  if (split.length < batchSize) {
    throw new UsageError({
      act: "train",
      rule: `--batch_size must be at most the ${split.length} examples of the dataset`,
      got: batchSize,
      next: "Choose a smaller batch, or a larger dataset.",
    });
  }
  let order: { epoch: number; permutation: Uint32Array } = {
    epoch: -1,
    permutation: new Uint32Array(),
  };
  const indices = (epoch: number, step: number) => {
    if (order.epoch !== epoch) {
      order = { epoch, permutation: rng(seed, STREAM.order, epoch).permutation(split.length) };
    }
    return order.permutation.slice(step * batchSize, (step + 1) * batchSize);
  };
  const images = imageViews(parts, split);
  const { cropSize } = parts.views;
  const viewShape = [cropSize, cropSize, ...dataset.shape.slice(2)];
  return {
    stepsPerEpoch: Math.floor(split.length / batchSize),
    indices,
    async read(epoch, step) {
      const chosen = indices(epoch, step);
      const { labels } = split;
      return {
        indices: chosen,
        ...(dataset.views
          ? await ownViews(parts, chosen, epoch)
          : { views: await images.read(chosen, epoch), shape: viewShape }),
        ...(labels && { labels: Int32Array.from(chosen, (index) => labels[index]) }),
      };
    },
    close: () => images.close(),
  };
}

/** The split an encoder is trained on. Throws a PluginError where the dataset lacks it. */
function pretrainSplit(dataset: Dataset): Split {
  const name = dataset.pretrain ?? "train";
  if (Object.hasOwn(dataset.splits, name)) return dataset.splits[name];
  throw new PluginError({
    act: `train on the ${called("dataset", dataset)}`,
    rule: `it must have the split ${name}`,
    got: Object.keys(dataset.splits).join(", "),
    next: "Let the plugin's `pretrain` name one of its splits.",
  });
}

type Views = Pick<Batch, "views" | "shape">;

async function ownViews(
  { dataset, seed }: BatchParts,
  indices: Uint32Array,
  epoch: number,
): Promise<Views> {
  const { shape, mean, std } = dataset;
  const streams = rng(seed, STREAM.views, epoch);
  const views = await dataset.views!(indices, (row) => streams.fold(indices[row]));
  const size = shape.reduce((product, n) => product * n, indices.length);
  const wrong = views.find((view) => view.length !== size);
  if (views.length < 2 || wrong !== undefined) {
    throw new PluginError({
      act: `use the ${called("dataset", dataset)}`,
      rule: `its views() must give two or more arrays of ${size} values`,
      got: views.map((view: ExampleBatch) => view.length).join(", "),
      next: `A batch is ${indices.length} examples of shape [${shape}].`,
    });
  }
  const normal = views.map((view) => normalize(view, shape, mean, std));
  return { views: rowsOf(normal, shape), shape };
}
