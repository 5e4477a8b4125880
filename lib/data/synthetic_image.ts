/**
 * Drawing the images of the dataset `synthetic`: a lobed shape with stripes before a gradient.
 *
 * The class sets the number of lobes and the direction of the stripes. All else is nuisance, drawn
 * from the image's own stream: place, scale, a slight turn, colours, phase of the stripes, noise.
 * Directions lie within 0°–90°, since a mirrored image must stay in its class.
 *
 * @module
 */
import type { Rng } from "../random.ts";

const LOBES = [0, 2, 3, 4, 5];

/** The name of a class: `3 lobes, stripes at 90°`. */
export function syntheticClassName(label: number, classes: number): string {
  const degrees = Math.round(direction(label, classes) * 180 / Math.PI);
  return `${LOBES[label % LOBES.length]} lobes, stripes at ${degrees}°`;
}

/** The direction in which the stripes of a class follow each other, in radians from 0 to π/2. */
function direction(label: number, classes: number): number {
  const last = Math.ceil(classes / LOBES.length) - 1;
  return last === 0 ? 0 : Math.floor(label / LOBES.length) / last * Math.PI / 2;
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
 * Draws one image into `out`, [size, size, 3] bytes. The outline is r(φ) = R·(1 + 0.35·cos(pφ))
 * for p lobes; the noise is uniform, since its cost is that of the image.
 */
export function drawSyntheticImage(image: SyntheticImage, random: Rng, out: Uint8Array): void {
  const { label, classes, size, noise } = image;
  const within = (low: number, high: number) => low + (high - low) * random.uniform();
  const colour = (low: number, high: number) => [0, 1, 2].map(() => within(low, high));

  const lobes = LOBES[label % LOBES.length];
  const spacing = Math.PI / 2 / Math.max(Math.ceil(classes / LOBES.length) - 1, 1);
  const turn = within(-1, 1) * Math.min(spacing / 4, 0.15);
  const angle = direction(label, classes) + turn;
  const [x0, y0] = [within(0.38, 0.62) * size, within(0.38, 0.62) * size];
  const radius = within(0.2, 0.32) * size;
  const [front, back, far] = [colour(0.5, 1), colour(0, 0.5), colour(0, 0.5)];
  const phase = within(0, 2 * Math.PI);
  const slope = within(0, 2 * Math.PI);

  const wave = 2 * Math.PI / (size / 7);
  const [waveX, waveY] = [wave * Math.cos(angle), wave * Math.sin(angle)];
  const [slopeX, slopeY] = [Math.cos(slope) / size, Math.sin(slope) / size];
  const amplitude = noise * Math.sqrt(3) * 255;
  let bits = 0;
  for (let i = 0, y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dx = x + 0.5 - x0;
      const dy = y + 0.5 - y0;
      const r = Math.sqrt(dx * dx + dy * dy);
      let cover = 0;
      let stripe = 0;
      if (r < 1.35 * radius + 0.5) {
        const bulge = lobes === 0 ? 0 : 0.35 * Math.cos(lobes * (Math.atan2(dy, dx) - turn));
        cover = clamp(radius * (1 + bulge) - r + 0.5);
        stripe = 0.65 + 0.35 * Math.cos(waveX * dx + waveY * dy + phase);
      }
      const shade = clamp(0.5 + slopeX * dx + slopeY * dy);
      for (let c = 0; c < 3; c++, i++) {
        if (i % 4 === 0) bits = random.uint32();
        const uniform = ((bits >>> (8 * (i % 4))) & 255) / 127.5 - 1;
        const ground = back[c] + (far[c] - back[c]) * shade;
        const value = ground + (front[c] * stripe - ground) * cover;
        out[i] = Math.min(Math.max(Math.round(255 * value + amplitude * uniform), 0), 255);
      }
    }
  }
}

function clamp(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}
