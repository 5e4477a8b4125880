/**
 * The views of a run's images: made on the device from bytes where it can, else on another thread.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Split } from "../plugin.ts";
import { STREAM, streamKey } from "../random.ts";
import { checkBatch, checkMoments } from "../views/normalize.ts";
import { type DeviceImages, makesViews, makeViews, putImages } from "../views/on_device.ts";
import { createViewMaker, type ViewMaker } from "../views/pool.ts";
import type { Batch, BatchParts } from "./batches.ts";

/** The most bytes of a dataset that are kept on the device. */
const KEPT = 512 * 2 ** 20;

/** The most bytes in one tensor: what adapters let a shader see at once, by WebGPU's default limit. */
const PART = 128 * 2 ** 20;

/** Makes the views of batches. */
export interface ImageViews {
  /** The views of the images at `indices`; the examples are read, and no tensor is made, before. */
  read(indices: Uint32Array, epoch: number): Promise<Batch["views"]>;
  /** Ends the thread, and frees the tensors. */
  close(): void;
}

/** Starts nothing yet: a thread is started, or a dataset put on the device, at the first batch. */
export function imageViews(parts: BatchParts, split: Split): ImageViews {
  const { dataset: { shape, mean, std }, views: options, viewCount, seed } = parts;
  const size = shape.reduce((product, n) => product * n, 1);
  let maker: ViewMaker | undefined;
  let kept: DeviceImages | undefined;
  let closed = false;

  const onDevice = (images: DeviceImages, rows: number[], indices: Uint32Array, epoch: number) => {
    const moments = checkMoments(shape[2], mean, std);
    return makeViews(images, {
      rows,
      indices: [...indices],
      key: streamKey(seed, STREAM.views, epoch),
      viewCount,
      shape,
      options,
      mean: [...moments.mean],
      std: [...moments.std],
    });
  };

  return {
    async read(indices, epoch) {
      const able = makesViews(shape, options);
      const { bytes } = split;
      if (able && bytes && bytes.length <= KEPT) {
        checkBatch(bytes, shape, split.length);
        const images = kept ??= putImages(bytes, size, PART);
        return (begin, end) => {
          const rows = indices.subarray(begin, end);
          return onDevice(images, [...rows], rows, epoch);
        };
      }
      const examples = await split.read(indices);
      if (able && examples instanceof Uint8Array) {
        checkBatch(examples, shape, indices.length);
        return (begin, end) => {
          const images = putImages(examples.subarray(begin * size, end * size), size, PART);
          const rows = Array.from({ length: end - begin }, (_, row) => row);
          const views = onDevice(images, rows, indices.subarray(begin, end), epoch);
          tf.dispose(images.parts);
          return views;
        };
      }
      const keys = Array.from({ length: viewCount }, (_, view) => ({ seed, epoch, view }));
      // What was being read at the end starts no thread after it.
      if (closed) throw new Error("the batches are closed");
      maker ??= createViewMaker();
      const views = await maker.make(examples, shape, indices, keys, options, mean, std);
      return rowsOf(views, [options.cropSize, options.cropSize, ...shape.slice(2)]);
    },
    close() {
      closed = true;
      maker?.close();
      if (kept) tf.dispose(kept.parts);
    },
  };
}

/** Rows of views that are arrays [batch, ...shape], put on the device when they are asked for. */
export function rowsOf(views: readonly Float32Array[], shape: readonly number[]): Batch["views"] {
  const size = shape.reduce((product, n) => product * n, 1);
  return (begin, end) =>
    views.map((view) =>
      tf.tensor(view.subarray(begin * size, end * size), [end - begin, ...shape])
    );
}
