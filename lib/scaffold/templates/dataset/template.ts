/**
 * A dataset of tauplus: examples with random access.
 *
 * @module
 */
import type { Dataset, Plugin, Split } from "@tauplus/tauplus";
import { defineDataset, rng, STREAM, z } from "@tauplus/tauplus";

const SIDE = 24;
const classes = ["horizontal", "rising", "vertical", "falling"];

/** One noisy grating of a class: gray, 24×24, its phase and its noise drawn. */
function draw(pixels: Uint8Array, seed: number, split: number, index: number) {
  // A pure function of its arguments: an image is the same whenever it is read.
  const random = rng(seed, STREAM.plugin, split, index);
  const angle = Math.PI * (index % classes.length) / classes.length;
  const phase = 2 * Math.PI * random.uniform();
  for (let i = 0; i < pixels.length; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const along = x * Math.sin(angle) + y * Math.cos(angle);
    const noise = 40 * (random.uniform() - 0.5);
    pixels[i] = Math.round(128 + 90 * Math.sin(along + phase) + noise);
  }
}

function makeSplit(seed: number, split: number, length: number): Split {
  const size = SIDE * SIDE;
  return {
    length,
    labels: Int32Array.from({ length }, (_, i) => i % classes.length),
    // Any indices in any order, one image after the other.
    read: (indices) => {
      const batch = new Uint8Array(indices.length * size);
      for (let row = 0; row < indices.length; row++) {
        const pixels = batch.subarray(row * size, (row + 1) * size);
        draw(pixels, seed, split, indices[row]);
      }
      return batch;
    },
  };
}

/** Noisy gratings of four directions. */
const plugin: Plugin<"dataset"> = defineDataset({
  name: "template",
  summary: "Noisy gratings of four directions, 24×24 gray",
  // Each option is a flag with its help: `images` is --images=2048.
  options: z.strictObject({
    images: z.int().min(8).max(1e6).default(2048)
      .describe("number of training images"),
  }),
  create: ({ images }, { seed }): Dataset => ({
    classes,
    shape: [SIDE, SIDE, 1],
    // Of pixels scaled to 0–1, one number per channel.
    mean: [0.5],
    std: [0.25],
    splits: {
      train: makeSplit(seed, 0, images),
      test: makeSplit(seed, 1, 256),
    },
  }),
});

export default plugin;
