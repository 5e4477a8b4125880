/**
 * A third party's dataset with its own positive pairs: two frames of one clip are views of the same
 * thing. No image augmentation is involved.
 *
 *     deno task train --plugin=./examples/moving_shapes.ts --dataset=moving-shapes --batch_size=64 --epochs=10
 */
import { defineDataset, type Rng, rng, type Split, STREAM, z } from "@tauplus/tauplus";

const SIDE = 16;
const SHAPES = {
  square: (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) < 3,
  disc: (x: number, y: number) => x * x + y * y < 10,
  cross: (x: number, y: number) => Math.min(Math.abs(x), Math.abs(y)) < 1 && x * x + y * y < 16,
  ring: (x: number, y: number) => Math.abs(Math.hypot(x, y) - 3) < 1,
};
const classes = Object.keys(SHAPES);
const inside = Object.values(SHAPES);

/** Draws a shape of a class at a random place into `pixels`, on a noisy ground. */
function draw(pixels: Uint8Array, label: number, random: Rng): void {
  const x = 4 + random.uniform() * (SIDE - 8);
  const y = 4 + random.uniform() * (SIDE - 8);
  for (let i = 0; i < pixels.length; i++) {
    const bright = inside[label]((i % SIDE) - x, Math.floor(i / SIDE) - y) ? 160 : 0;
    pixels[i] = bright + 90 * random.uniform();
  }
}

export default defineDataset({
  name: "moving-shapes",
  summary: "Frames of four moving shapes; two frames of a clip are positives",
  options: z.strictObject({
    clips: z.number().int().min(8).max(1e6).default(1024).describe("clips to train on"),
  }),
  create: ({ clips }, { seed }) => {
    const frames = (
      labels: Int32Array,
      indices: ArrayLike<number>,
      random: (row: number) => Rng,
    ) => {
      const batch = new Uint8Array(indices.length * SIDE * SIDE);
      Array.from(indices).forEach((index, row) => {
        draw(
          batch.subarray(row * SIDE * SIDE, (row + 1) * SIDE * SIDE),
          labels[index],
          random(row),
        );
      });
      return batch;
    };
    const split = (length: number, word: number): Split & { labels: Int32Array } => {
      const labels = Int32Array.from({ length }, (_, i) => i % classes.length);
      const read = (indices: ArrayLike<number>) =>
        frames(labels, indices, (row) => rng(seed, STREAM.plugin, word, indices[row]));
      return { length, labels, read };
    };
    const train = split(clips, 1);
    return {
      classes,
      shape: [SIDE, SIDE, 1],
      mean: [0.25],
      std: [0.25],
      splits: { train, test: split(256, 2) },
      views: (indices, random) =>
        [0, 1].map((view) => frames(train.labels, indices, (row) => random(row).fold(view))),
    };
  },
});
