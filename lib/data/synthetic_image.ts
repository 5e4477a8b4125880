/**
 * Drawing the images of the dataset `synthetic`: three striped patches before a gradient.
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
import type { Rng } from "../random.ts";

const DIRECTIONS = 5;
const STRIPES = [8, 4];
const PATCHES = 3;
const LOBES = [0, 4, 3, 2, 5];

/** What a class looks like. */
interface Look {
  /** The direction in which the stripes follow each other, in radians from 0 to π/2. */
  readonly direction: number;
  /** The number of stripes that would cross the whole image. */
  readonly stripes: number;
  /** The number of lobes of the outline; 0 is a disc. */
  readonly lobes: number;
}

function lookOf(label: number, classes: number): Look {
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
  const { direction, stripes, lobes } = lookOf(label, classes);
  return `${stripes} stripes at ${Math.round(direction * 180 / Math.PI)}° in ${lobes} lobes`;
}

/** What an image is drawn by, besides its stream. */
export interface SyntheticImage {
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
export function drawSyntheticImage(image: SyntheticImage, random: Rng, out: Uint8Array): void {
  const { label, classes, size, noise } = image;
  const { direction, stripes, lobes } = lookOf(label, classes);
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
