/**
 * The color operations, in place on images of 0–1 with interleaved channels: torchvision's
 * formulas for tensors, with Pillow's weights for gray, as the reference's images were Pillow's.
 *
 * @module
 */

const clamp = (x: number): number => x < 0 ? 0 : x > 1 ? 1 : x;

/** Gray (ITU-R BT.601). */
const luma = (r: number, g: number, b: number): number => 0.299 * r + 0.587 * g + 0.114 * b;

/** x ← clamp(factor·x). */
export function adjustBrightness(image: Float32Array, factor: number): void {
  for (let i = 0; i < image.length; i++) image[i] = clamp(factor * image[i]);
}

/** x ← clamp(factor·x + (1 − factor)·m), m the mean of the gray image; of all values if not RGB. */
export function adjustContrast(image: Float32Array, channels: number, factor: number): void {
  let sum = 0;
  if (channels === 3) {
    for (let i = 0; i < image.length; i += 3) sum += luma(image[i], image[i + 1], image[i + 2]);
  } else {
    for (let i = 0; i < image.length; i++) sum += image[i];
  }
  const mean = sum / (channels === 3 ? image.length / 3 : image.length);
  const pivot = (1 - factor) * mean;
  for (let i = 0; i < image.length; i++) image[i] = clamp(factor * image[i] + pivot);
}

/** x ← clamp(factor·x + (1 − factor)·gray(x)), RGB; factor 0 leaves gray. */
export function adjustSaturation(image: Float32Array, factor: number): void {
  for (let i = 0; i < image.length; i += 3) {
    const gray = (1 - factor) * luma(image[i], image[i + 1], image[i + 2]);
    image[i] = clamp(factor * image[i] + gray);
    image[i + 1] = clamp(factor * image[i + 1] + gray);
    image[i + 2] = clamp(factor * image[i + 2] + gray);
  }
}

/**
 * Turns the hue by `shift` turns, RGB. In HSV with the hue h in sixths of a turn, a channel is
 * value − chroma·clamp(min(k, 4 − k)), k = (n + h) mod 6, n = 5, 3, 1 for red, green, blue.
 */
export function adjustHue(image: Float32Array, shift: number): void {
  for (let i = 0; i < image.length; i += 3) {
    const r = image[i];
    const g = image[i + 1];
    const b = image[i + 2];
    const value = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const chroma = value - (r < g ? (r < b ? r : b) : (g < b ? g : b));
    if (chroma === 0) continue;
    let h = 6 * shift;
    if (value === r) h += (g - b) / chroma;
    else if (value === g) h += 2 + (b - r) / chroma;
    else h += 4 + (r - g) / chroma;
    for (let c = 0; c < 3; c++) {
      let k = h + 5 - 2 * c;
      k -= 6 * Math.floor(k / 6);
      image[i + c] = value - chroma * clamp(k < 2 ? k : 4 - k);
    }
  }
}
