/**
 * Splits of procedural images: labels by a given balance, images drawn when they are read: three
 * striped patches before a gradient.
 *
 * The class sets the direction of the stripes, then how dense they are, then the lobes of the
 * patches. All else is nuisance, drawn from the image's own stream: places, sizes, a slight turn,
 * colors, contrast, phases and exact spacing of the stripes, noise. What tells classes apart
 * survives a random crop, which contrastive learning needs; and colors vary little, or they would
 * be an easier way to tell images apart. Directions lie within 0°–90°, since a mirrored image must
 * stay in its class.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Split } from "../plugin.ts";
import { type Rng, rng, STREAM } from "../random.ts";
import { checkIndex } from "./memory_split.ts";

/** What a split of synthetic images is made by. */
export interface SyntheticSplitOptions {
  /** The number of images. */
  readonly length: number;
  /** The number of classes. */
  readonly classes: number;
  /** Images of the most frequent class per image of the least frequent one, ρ ≥ 1. */
  readonly imbalance: number;
  /** Height and width in pixels. */
  readonly size: number;
  /** Standard deviation of the noise, where pixels go from 0 to 1. */
  readonly noise: number;
  /** The seed, and a number for the split: each pair has images of its own. */
  readonly seed: number;
  readonly split: number;
}

/**
 * Makes a split whose class c has a share ∝ ρ^(−c / (classes − 1)), the long tail of Cui et al.
 * 2019 (arXiv:1901.05555), in random order. An image depends on the seed, the split, its index and
 * its label alone. Throws UsageError where `length` leaves a class without an image.
 */
export function syntheticSplit(options: SyntheticSplitOptions): Split & { labels: Int32Array } {
  const { length, classes, size, noise, seed, split } = options;
  const stream = rng(seed, STREAM.dataset, split);
  const sizes = classSizes(options);
  const sorted = sizes.flatMap((count, label) => new Array<number>(count).fill(label));
  const labels = Int32Array.from(stream.permutation(length), (i) => sorted[i]);
  const bytes = size * size * 3;
  return {
    length,
    labels,
    read: (indices) => {
      const batch = new Uint8Array(indices.length * bytes);
      for (let row = 0; row < indices.length; row++) {
        const index = indices[row];
        checkIndex(index, length);
        const out = batch.subarray(row * bytes, (row + 1) * bytes);
        drawSyntheticImage({ label: labels[index], classes, size, noise }, stream.fold(index), out);
      }
      return batch;
    },
  };
}

/** Whole class sizes that sum to `length`: rounded down, the largest remainders get the rest. */
function classSizes({ length, classes, imbalance }: SyntheticSplitOptions): number[] {
  const weights = Array.from({ length: classes }, (_, c) => imbalance ** (-c / (classes - 1)));
  const total = weights.reduce((sum, weight) => sum + weight);
  const exact = weights.map((weight) => weight / total * length);
  const sizes = exact.map(Math.floor);
  const byRemainder = exact.map((share, c) => ({ c, rest: share - sizes[c] }))
    .sort((a, b) => b.rest - a.rest);
  const left = length - sizes.reduce((sum, count) => sum + count);
  byRemainder.slice(0, left).forEach(({ c }) => sizes[c]++);
  if (sizes.includes(0)) {
    throw new UsageError({
      act: "make the dataset synthetic",
      rule:
        `each of ${classes} classes must have at least one image at an imbalance of ${imbalance}`,
      got: `${length} images`,
      next: "Ask for more images, fewer classes or less imbalance.",
    });
  }
  return sizes;
}

const DIRECTIONS = 5;
const STRIPES = [8, 4];
const PATCHES = 3;
const LOBES = [0, 4, 3, 2, 5];

/** What a class looks like. */
interface Appearance {
  /** The direction in which the stripes follow each other, in radians from 0 to π/2. */
  readonly direction: number;
  /** The number of stripes that would cross the whole image. */
  readonly stripes: number;
  /** The number of lobes of the outline; 0 is a disc. */
  readonly lobes: number;
}

function appearanceOf(label: number, classes: number): Appearance {
  const directions = Math.min(classes, DIRECTIONS);
  const rest = Math.floor(label / directions);
  return {
    direction: (label % directions) / (directions - 1) * Math.PI / 2,
    stripes: STRIPES[rest % STRIPES.length],
    lobes: LOBES[Math.floor(rest / STRIPES.length)],
  };
}

/** The name of a class: `8 stripes at 90° in 0 lobes`. */
export function syntheticClassName(label: number, classes: number): string {
  const { direction, stripes, lobes } = appearanceOf(label, classes);
  return `${stripes} stripes at ${Math.round(direction * 180 / Math.PI)}° in ${lobes} lobes`;
}

/** What an image is drawn by, besides its stream. */
interface SyntheticImage {
  /** The class, 0 … `classes` − 1. */
  readonly label: number;
  /** The number of classes. */
  readonly classes: number;
  /** Height and width in pixels. */
  readonly size: number;
  /** Standard deviation of the noise, where pixels go from 0 to 1. */
  readonly noise: number;
}

/**
 * Draws one image into `out`, [size, size, 3] bytes. A patch of p lobes has the outline
 * r(φ) = R·(1 + 0.35·cos(pφ)), and covers those before it; the noise is uniform, since four of its
 * values come of one random word.
 */
function drawSyntheticImage(image: SyntheticImage, random: Rng, out: Uint8Array): void {
  const { label, classes, size, noise } = image;
  const { direction, stripes, lobes } = appearanceOf(label, classes);
  const within = (low: number, high: number) => low + (high - low) * random.uniform();
  const color = (low: number, high: number, tint: number) => {
    const level = within(low, high);
    return [0, 1, 2].map(() => level + within(-tint, tint));
  };

  const turn = within(-0.15, 0.15);
  const patches = Array.from({ length: PATCHES }, () => ({
    x: within(0.1, 0.9) * size,
    y: within(0.1, 0.9) * size,
    radius: within(0.15, 0.26) * size,
    phase: within(0, 2 * Math.PI),
  }));
  const contrast = color(0.2, 0.4, 0.05);
  const [back, far] = [color(0.3, 0.7, 0.06), color(0.3, 0.7, 0.06)];
  const slope = within(0, 2 * Math.PI);
  const [slopeX, slopeY] = [Math.cos(slope) / size, Math.sin(slope) / size];
  const wave = 2 * Math.PI * stripes * within(0.88, 1.12) / size;
  const [waveX, waveY] = [wave * Math.cos(direction + turn), wave * Math.sin(direction + turn)];

  const amplitude = noise * Math.sqrt(3) * 255;
  let bits = 0;
  for (let i = 0, y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let stripe = 0;
      for (const patch of patches) {
        const dx = x + 0.5 - patch.x;
        const dy = y + 0.5 - patch.y;
        const r = Math.sqrt(dx * dx + dy * dy);
        if (r > 1.35 * patch.radius + 0.5) continue;
        const bulge = lobes === 0 ? 0 : 0.35 * Math.cos(lobes * (Math.atan2(dy, dx) - turn));
        const cover = clamp(patch.radius * (1 + bulge) - r + 0.5);
        stripe += cover * (Math.cos(waveX * dx + waveY * dy + patch.phase) - stripe);
      }
      const shade = clamp(0.5 + slopeX * (x - size / 2) + slopeY * (y - size / 2));
      for (let c = 0; c < 3; c++, i++) {
        if (i % 4 === 0) bits = random.uint32();
        const uniform = ((bits >>> (8 * (i % 4))) & 255) / 127.5 - 1;
        const value = back[c] + (far[c] - back[c]) * shade + contrast[c] * stripe;
        out[i] = Math.min(Math.max(Math.round(255 * value + amplitude * uniform), 0), 255);
      }
    }
  }
}

function clamp(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}
