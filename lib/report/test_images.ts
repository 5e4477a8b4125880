/**
 * Test images as a trained encoder sees them: their neighbors, and their places on a map.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { featureRows } from "../evaluate/features.ts";
import { findSplit } from "../splits.ts";
import { onDemand } from "../packages/on_demand.ts";
import type { Encoder } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import type { Session } from "../session.ts";
import { type Neighbors, neighborsOf } from "./neighbor_grid.ts";
import { checkDrawable, type SpriteSheet, spriteSheet } from "./sprite_sheet.ts";
import { yieldToEvents } from "../yield_to_events.ts";

/** Test images of a run; all lists are in the same order. */
export interface TestImages {
  /** Their places in the split. */
  readonly indices: Int32Array;
  /** Their classes, −1 where unknown; undefined where nothing is labeled. */
  readonly labels?: Int32Array;
  /** The names of the classes. */
  readonly classes: readonly string[];
  /** How many images the split has. */
  readonly total: number;
  readonly sheet: SpriteSheet;
  /** The nearest ones of each among the others. */
  readonly neighbors: readonly Neighbors[];
  /** Where each is on the map. */
  readonly positions: readonly MapPosition[];
}

/** The images of a sheet are this high and wide at most, in pixels. */
const LARGEST = 40;

/** Fewer images than this make no map. */
const FEWEST = 5;

/** Images that go through the encoder at a time. */
const BATCH = 256;

/**
 * Encodes `points` test images, or all where there are no more: for one dataset always the same
 * ones, so that runs can be compared.
 *
 * Throws a UsageError where there is no split `test`, or the examples are no images.
 */
export async function examineTestImages(
  { device, dataset, env: { progress, signal } }: Session,
  encoder: Encoder,
  points: number,
): Promise<TestImages> {
  const split = findSplit(dataset, "test");
  checkDrawable(dataset.shape);
  if (split.length < FEWEST) {
    throw new UsageError({
      act: "draw a map",
      rule: `the split test must have at least ${FEWEST} images`,
      got: split.length,
      next: "Choose a dataset with more.",
    });
  }
  const indices = Int32Array.from(
    rng(0, STREAM.report, 1).permutation(split.length).subarray(0, points),
  ).sort();
  const features = await featureRows(
    { device, dataset, encoder, split: "test", batchSize: BATCH, progress, signal },
    indices,
  );
  const k = Math.min(MAP_NEIGHBORS, indices.length - 1);
  const neighbors = await neighborsOf(device, features, encoder.dim, k, signal);
  const positions = await umapOf(neighbors, {
    seed: 0,
    signal,
    progress: (done, total) => progress({ task: "map of test", done, total, unit: "epochs" }),
  });
  const images = await split.read(indices);
  return {
    indices,
    ...(split.labels && { labels: indices.map((index) => split.labels![index]) }),
    classes: dataset.classes,
    total: split.length,
    sheet: await spriteSheet(bytesOf(images), dataset.shape, LARGEST),
    neighbors,
    positions,
  };
}

/** Pixels as bytes; floats are taken as in 0–1, as normalization takes them. */
export function bytesOf(images: Uint8Array | Float32Array): Uint8Array {
  if (images instanceof Uint8Array) return images;
  return Uint8Array.from(images, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
}

export type MapPosition = readonly [x: number, y: number];

/** Neighbors of an image that its place depends on; UMAP's own default, itself included. */
const MAP_NEIGHBORS = 15;

interface MapOptions {
  /** The same seed gives the same map. */
  readonly seed: number;
  /** Called with the number of epochs done. */
  readonly progress?: (done: number, total: number) => void;
  /** Aborts between epochs. */
  readonly signal?: AbortSignal;
}

/**
 * UMAP (McInnes et al. 2018, arXiv:1802.03426) of rows whose neighbors are known exactly, under the
 * distance 1 − cosine; by umap-js with its defaults.
 */
export async function umapOf(
  neighbors: readonly Neighbors[],
  { seed, progress, signal }: MapOptions,
): Promise<MapPosition[]> {
  const { UMAP } = await onDemand("umap-js");
  const random = rng(seed, STREAM.report, 0);
  // Fewer than there are images, as it demands.
  const k = Math.min(MAP_NEIGHBORS, neighbors.length - 1);
  const umap = new UMAP({ nNeighbors: k, random: () => random.uniform() });
  // It takes each row for its own first neighbor.
  umap.setPrecomputedKNN(
    neighbors.map(({ rows }, self) => [self, ...rows.slice(0, k - 1)]),
    neighbors.map(({ cosines }) => [
      0,
      ...cosines.slice(0, k - 1).map((cosine) => Math.max(0, 1 - cosine)),
    ]),
  );
  const total = umap.initializeFit(neighbors.map((_, row) => [row]));
  for (let epoch = 0; epoch < total; epoch++) {
    if (epoch % 10 === 0) {
      await yieldToEvents(signal);
      progress?.(epoch, total);
    }
    umap.step();
  }
  progress?.(total, total);
  return umap.getEmbedding().map(([x, y]): MapPosition => [x, y]);
}
