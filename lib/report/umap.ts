/**
 * A map of images: near ones beside each other, in the plane.
 *
 * @module
 */
import { turn } from "../evaluate/turn.ts";
import { rng, STREAM } from "../random.ts";
import type { Neighbours } from "./neighbours.ts";

/** A place on a map. */
export type Place = readonly [x: number, y: number];

/** Neighbours of an image that its place depends on; UMAP's own default, itself included. */
export const MAP_NEIGHBOURS = 15;

/** How a map is made. */
export interface MapOptions {
  /** The same seed gives the same map. */
  readonly seed: number;
  /** Is told of the epochs done. */
  readonly progress?: (done: number, total: number) => void;
  /** Aborts between epochs. */
  readonly signal?: AbortSignal;
}

/**
 * UMAP (McInnes et al. 2018, arXiv:1802.03426) of rows whose neighbours are known exactly, under the
 * distance 1 − cosine; by umap-js with its defaults.
 */
export async function mapOf(
  neighbours: readonly Neighbours[],
  { seed, progress, signal }: MapOptions,
): Promise<Place[]> {
  const { UMAP } = await import("umap-js");
  const random = rng(seed, STREAM.report, 0);
  // Fewer than there are images, as it demands.
  const k = Math.min(MAP_NEIGHBOURS, neighbours.length - 1);
  const umap = new UMAP({ nNeighbors: k, random: () => random.uniform() });
  // It takes each row for its own first neighbour.
  umap.setPrecomputedKNN(
    neighbours.map(({ rows }, self) => [self, ...rows.slice(0, k - 1)]),
    neighbours.map(({ cosines }) => [
      0,
      ...cosines.slice(0, k - 1).map((cosine) => Math.max(0, 1 - cosine)),
    ]),
  );
  const total = umap.initializeFit(neighbours.map((_, row) => [row]));
  for (let epoch = 0; epoch < total; epoch++) {
    if (epoch % 10 === 0) {
      await turn(signal);
      progress?.(epoch, total);
    }
    umap.step();
  }
  progress?.(total, total);
  return umap.getEmbedding().map(([x, y]): Place => [x, y]);
}
