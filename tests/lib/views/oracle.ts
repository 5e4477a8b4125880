/**
 * The views again, written for clearness in float64 arrays: every output is a direct sum over all
 * the pixels that could matter. Images are [height][width][channel] of 0–1.
 */
import type { CropBox } from "../../../lib/views/crop_box.ts";
import type { ViewParameters } from "../../../lib/views/parameters.ts";

/** [height][width][channel] */
export type Image = number[][][];

/** Interleaved values to an image. */
export function toImage(
  values: ArrayLike<number>,
  height: number,
  width: number,
  channels: number,
  unit = 1,
): Image {
  return grid(height, width, channels, (y, x, c) => values[(y * width + x) * channels + c] / unit);
}

/** Triangle filter over the box, in two dimensions at once. */
export function resizedCrop(image: Image, box: CropBox, size: number): Image {
  const weight = (out: number, i: number, inSize: number) => {
    const scale = inSize / size;
    return Math.max(0, 1 - Math.abs(i + 0.5 - (out + 0.5) * scale) / Math.max(1, scale));
  };
  return grid(size, size, image[0][0].length, (y, x, c) => {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < box.height; i++) {
      for (let j = 0; j < box.width; j++) {
        const w = weight(y, i, box.height) * weight(x, j, box.width);
        sum += w * image[box.top + i][box.left + j][c];
        weights += w;
      }
    }
    return sum / weights;
  });
}

const blend = (a: number, b: number, factor: number) =>
  Math.min(1, Math.max(0, factor * a + (1 - factor) * b));
const gray = (p: number[]) => p.length === 3 ? 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2] : NaN;
const perPixel = (image: Image, fn: (p: number[]) => number[]) => image.map((row) => row.map(fn));

/** One color operation by name. */
export function color(image: Image, operation: string, amount: number): Image {
  const pixels = image.flat();
  const isRgb = pixels[0].length === 3;
  const levels = isRgb ? pixels.map(gray) : pixels.flat();
  const mean = levels.reduce((a, b) => a + b) / levels.length;
  switch (operation) {
    case "brightness":
      return perPixel(image, (p) => p.map((x) => blend(x, 0, amount)));
    case "contrast":
      return perPixel(image, (p) => p.map((x) => blend(x, mean, amount)));
    case "saturation":
      return perPixel(image, (p) => p.map((x) => blend(x, gray(p), amount)));
    case "hue":
      return perPixel(image, ([r, g, b]) => {
        const [h, s, v] = toHsv(r, g, b);
        return fromHsv((h + amount + 1) % 1, s, v);
      });
  }
  throw new Error(operation);
}

/** Textbook RGB → HSV, each 0–1. */
function toHsv(r: number, g: number, b: number): number[] {
  const v = Math.max(r, g, b);
  const delta = v - Math.min(r, g, b);
  if (delta === 0) return [0, 0, v];
  const sixth = v === r
    ? ((g - b) / delta + 6) % 6
    : v === g
    ? (b - r) / delta + 2
    : (r - g) / delta + 4;
  return [sixth / 6, delta / v, v];
}

/** Textbook HSV → RGB by sextants. */
function fromHsv(h: number, s: number, v: number): number[] {
  const sextant = Math.floor(h * 6);
  const f = h * 6 - sextant;
  const [p, q, t] = [v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f))];
  return [[v, t, p], [q, v, p], [p, v, t], [p, q, v], [t, p, v], [v, p, q]][sextant % 6];
}

/** Direct two-dimensional Gaussian over (2r + 1)² pixels, mirrored at the border pixel. */
export function blur(image: Image, kernel: number, sigma: number): Image {
  const radius = (kernel - 1) / 2;
  const mirror = (i: number, n: number): number =>
    n === 1 ? 0 : i < 0 ? mirror(-i, n) : i >= n ? mirror(2 * (n - 1) - i, n) : i;
  return grid(image.length, image[0].length, image[0][0].length, (y, x, c) => {
    let sum = 0;
    let weights = 0;
    for (let i = -radius; i <= radius; i++) {
      for (let j = -radius; j <= radius; j++) {
        const w = Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
        sum += w * image[mirror(y + i, image.length)][mirror(x + j, image[0].length)][c];
        weights += w;
      }
    }
    return sum / weights;
  });
}

/** A whole view before normalization; `colors` false for examples that are floats. */
export function view(
  image: Image,
  drawn: ViewParameters,
  size: number,
  kernel: number,
  colors: boolean,
): Image {
  let result = resizedCrop(image, drawn.crop, size);
  if (drawn.flip) result = result.map((row) => row.toReversed());
  const isRgb = image[0][0].length === 3;
  for (const operation of colors ? drawn.jitter?.order ?? [] : []) {
    if (isRgb || operation === "brightness" || operation === "contrast") {
      result = color(result, operation, drawn.jitter![operation]);
    }
  }
  if (colors && isRgb && drawn.grayscale) {
    result = perPixel(result, (p) => [gray(p), gray(p), gray(p)]);
  }
  return drawn.blurSigma === null ? result : blur(result, kernel, drawn.blurSigma);
}

function grid(
  height: number,
  width: number,
  channels: number,
  value: (y: number, x: number, c: number) => number,
): Image {
  return Array.from(
    { length: height },
    (_, y) =>
      Array.from(
        { length: width },
        (_, x) => Array.from({ length: channels }, (_, c) => value(y, x, c)),
      ),
  );
}

/** `pattern` of tests/golden/views.py: bytes with edges, smooth parts and all hues. */
export function testImage(height: number, width: number, channels: number): Uint8Array {
  const value = (y: number, x: number, c: number) =>
    37 * y * y + 91 * x + 53 * c * (x + 2) + 11 * x * y * c;
  return Uint8Array.from(grid(height, width, channels, value).flat(2), (v) => v % 256);
}

/** `smooth` of tests/golden/views.py: bytes that change little, but for some edges. */
export function smoothImage(height: number, width: number, channels: number): Uint8Array {
  const value = (y: number, x: number, c: number) =>
    6 * y * (c + 1) + 4 * x * (3 - c) + Math.floor(x * y / 5);
  return Uint8Array.from(grid(height, width, channels, value).flat(2), (v) => v % 256);
}

/** `palette` of tests/golden/views.py: the 27 colors of levels 0, 127 and 255, [3, 9, 3]. */
export function palette(): Uint8Array {
  const levels = [0, 127, 255];
  const pixel = (_: unknown, i: number) => [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)];
  return Uint8Array.from(Array.from({ length: 27 }, pixel).flat(), (digit) => levels[digit]);
}

/** Throws where two arrays differ in length, or anywhere by more than `tolerance` or by NaN. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "",
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values, expected ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
      throw new Error(
        `${what}: value ${i} is ${actual[i]}, expected ${expected[i]} ± ${tolerance}`,
      );
    }
  }
}
