/**
 * The batches of a run: which examples, in which order, seen how. All are pure functions of the
 * seed, the epoch and the step, so resuming needs counters only.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { PluginError, UsageError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Dataset, ExampleBatch } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { pretrainSplit } from "../splits.ts";
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
  readonly shape: readonly number[];
  /** The class of each example, −1 where unknown; absent where nothing is labeled. */
  readonly labels?: Int32Array;
}

/** A batch where it stands in the run. */
export interface PlacedBatch extends Batch {
  /** How many batches there were since {@linkcode Batches.from} was called, this one included. */
  readonly nth: number;
  /** Whether it is the last one of its epoch. */
  readonly last: boolean;
}

export interface BatchParts {
  /** Where examples come from. */
  readonly dataset: Dataset;
  /** How images are augmented; unused where the dataset makes its own views. */
  readonly views: ViewOptions;
  /** How many views to make of an image. */
  readonly viewCount: number;
  /** The seed of order and views. */
  readonly seed: number;
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
  /**
   * The batches after `step` steps up to `stepsTotal`; ends early once `signal` is aborted, also
   * where a read never does. The next batch is made on another thread while one is in use.
   */
  from(
    start: { readonly step: number },
    stepsTotal: number,
    signal?: AbortSignal,
  ): AsyncGenerator<PlacedBatch>;
  /** Ends the thread that makes views, and frees what the device keeps of the dataset. */
  close(): void;
}

/** Milliseconds that a batch nobody needs any more is waited for, so that nothing is cut off. */
const GRACE = 1000;

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
  const stepsPerEpoch = Math.floor(split.length / batchSize);
  const read = async (epoch: number, step: number): Promise<Batch> => {
    const chosen = indices(epoch, step);
    const { labels } = split;
    return {
      indices: chosen,
      ...(dataset.views
        ? await ownViews(parts, chosen, epoch)
        : { views: await images.read(chosen, epoch), shape: viewShape }),
      ...(labels && { labels: Int32Array.from(chosen, (index) => labels[index]) }),
    };
  };
  return {
    stepsPerEpoch,
    indices,
    read,
    async *from(start, stepsTotal, signal) {
      const first = start.step;
      const ahead = (step: number) => {
        if (step >= stepsTotal) return;
        const batch = read(Math.floor(step / stepsPerEpoch), step % stepsPerEpoch);
        batch.catch(() => {}); // it is reported to whoever awaits the batch
        return batch;
      };
      const aborted = Promise.withResolvers<undefined>();
      const abort = () => aborted.resolve(undefined);
      signal?.addEventListener("abort", abort);
      let next = ahead(first);
      try {
        for (let step = first; next && !signal?.aborted; step++) {
          const batch = await Promise.race([next, aborted.promise]);
          if (!batch) return;
          next = ahead(step + 1);
          // Yields to the event loop, so that the next batch is requested and signals are handled.
          await new Promise((resolve) => setTimeout(resolve, 0));
          if (signal?.aborted) return;
          yield { ...batch, nth: step + 1 - first, last: (step + 1) % stepsPerEpoch === 0 };
        }
      } catch (error) {
        if (!signal?.aborted) throw error;
      } finally {
        signal?.removeEventListener("abort", abort);
        if (next) await settled(next, GRACE);
      }
    },
    close: () => images.close(),
  };
}

/** Waits for a promise to end, however it does, but no longer than that. */
async function settled(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([promise.then(() => {}, () => {}), late]);
  clearTimeout(timer);
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
