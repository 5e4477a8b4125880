/**
 * The random draws of one view. They are numbered: whatever a view makes use of, draw k of its
 * stream always means the same thing, so a setting changes what it names and nothing else, and any
 * implementation that has the stream has the view.
 *
 *     0 flip?   1 jitter?   2 brightness   3 contrast   4 saturation   5 hue   6 order of those four
 *     7 grayscale?   8 blur?   9 sigma
 *     10 + 4t, 11 + 4t, 12 + 4t, 13 + 4t: area, log ratio, top and left of try t of the crop, t < 10
 *
 * Each is one `uniform()`. The crop's tries are last, so that those after the first that fits need
 * not be drawn. Distributions as torchvision's RandomResizedCrop, ColorJitter, RandomGrayscale and
 * RandomHorizontalFlip, and the reference's GaussianBlur.
 *
 * @module
 */
import type { Rng } from "../random.ts";
import { type CropBox, cropPlace, type CropRule, cropRule, cropSides } from "./crop_box.ts";
import type { ViewOptions } from "./options.ts";

/** The four operations of the color jitter. */
export type JitterOperation = "brightness" | "contrast" | "saturation" | "hue";

/** The color jitter of one view. */
export interface Jitter {
  /** Multiplies the image. */
  readonly brightness: number;
  /** Blends between the mean of the gray image (0) and the image (1), or beyond. */
  readonly contrast: number;
  /** Blends between the gray image (0) and the image (1), or beyond. */
  readonly saturation: number;
  /** Added to the hue, in turns, −0.5 … 0.5. */
  readonly hue: number;
  /** The order in which the four operations are applied. */
  readonly order: readonly JitterOperation[];
}

/** What was drawn for one view. */
export interface ViewParameters {
  /** The part of the image that is seen. */
  readonly crop: CropBox;
  /** Whether left and right change places. */
  readonly flip: boolean;
  /** The color jitter, or null. */
  readonly jitter: Jitter | null;
  /** Whether the color is lost. */
  readonly grayscale: boolean;
  /** Standard deviation of the Gaussian blur in pixels, or null. */
  readonly blurSigma: number | null;
}

/** Tries to find a box that fits. */
export const CROP_TRIES = 10;

/**
 * Draws one view of an image of height × width pixels: the first 10 to 50 uniforms of `random`,
 * by number as this module's comment has it. `random` must not have been drawn from before.
 */
export function viewParameters(
  height: number,
  width: number,
  options: ViewOptions,
  random: Rng,
): ViewParameters {
  const between = (min: number, max: number) => min + (max - min) * random.uniform();
  const factor = (strength: number) => between(Math.max(0, 1 - strength), 1 + strength);
  const flip = random.uniform() < options.flip;
  const jittered = random.uniform() < options.jitter;
  const jitter = {
    brightness: factor(options.brightness),
    contrast: factor(options.contrast),
    saturation: factor(options.saturation),
    hue: between(-options.hue, options.hue),
    order: ORDERS[Math.floor(random.uniform() * ORDERS.length)],
  };
  const grayscale = random.uniform() < options.grayscale;
  const blurred = random.uniform() < options.blur;
  const sigma = between(options.blurSigmaMin, options.blurSigmaMax);
  const crop = cropBox(height, width, cropRule(height, width, options), random);
  return {
    crop,
    flip,
    jitter: jittered ? jitter : null,
    grayscale,
    blurSigma: blurred ? sigma : null,
  };
}

/** RandomResizedCrop's box: uniform area, log-uniform ratio, a central box if no try fits. */
function cropBox(height: number, width: number, rule: CropRule, random: Rng): CropBox {
  const draw = () => Math.floor(random.uniform() * 2 ** 24);
  for (let t = 0; t < CROP_TRIES; t++) {
    const [h, w] = cropSides(rule, draw(), draw());
    const top = draw();
    const left = draw();
    if (h > 0 && h <= height && w > 0 && w <= width) {
      return {
        top: cropPlace(top, height - h + 1),
        left: cropPlace(left, width - w + 1),
        height: h,
        width: w,
      };
    }
  }
  return rule.fallback;
}

/** The 24 orders of the four operations. */
export const ORDERS: readonly (readonly JitterOperation[])[] = orders([
  "brightness",
  "contrast",
  "saturation",
  "hue",
]);

function orders(items: readonly JitterOperation[]): JitterOperation[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest])
  );
}
