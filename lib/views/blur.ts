/**
 * Gaussian blur as OpenCV's GaussianBlur and torchvision's: separable, a kernel of a fixed odd
 * width, the border reflected without repeating its pixel (dcb|abcd|cba).
 *
 * @module
 */

/**
 * Makes a function that blurs images [size, size, channels] in place with standard deviation
 * `sigma`, in pixels: weights ∝ exp(−i²/(2σ²)), |i| ≤ (kernel − 1)/2, that sum to one.
 */
export function gaussianBlurrer(
  size: number,
  channels: number,
  kernel: number,
): (image: Float32Array, sigma: number) => void {
  const radius = (kernel - 1) / 2;
  const row = size * channels;
  const border = radius * channels;
  const from = Int32Array.from({ length: size + 2 * radius }, (_, i) => reflect(i - radius, size));
  const weights = new Float64Array(kernel);
  const padded = new Float32Array(row + 2 * border); // one row and its reflected ends
  const rows = new Float32Array(size * row); // blurred across
  const sums = new Float64Array(row);

  return (image, sigma) => {
    let total = 0;
    for (let k = 0; k < kernel; k++) {
      weights[k] = Math.exp(-((k - radius) ** 2) / (2 * sigma * sigma));
      total += weights[k];
    }
    for (let k = 0; k < kernel; k++) weights[k] /= total;

    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size + 2 * radius; x++) {
        for (let c = 0; c < channels; c++) {
          padded[x * channels + c] = image[y * row + from[x] * channels + c];
        }
      }
      sums.fill(0);
      for (let k = 0; k < kernel; k++) {
        for (let i = 0; i < row; i++) sums[i] += weights[k] * padded[i + k * channels];
      }
      rows.set(sums, y * row);
    }
    for (let y = 0; y < size; y++) {
      sums.fill(0);
      for (let k = 0; k < kernel; k++) {
        const start = from[y + k] * row;
        for (let i = 0; i < row; i++) sums[i] += weights[k] * rows[start + i];
      }
      image.set(sums, y * row);
    }
  };
}

/** The kernel's width in pixels: as set, or for 0 a tenth of the crop's size, made odd. */
export function blurKernelSize(blurKernel: number, cropSize: number): number {
  return blurKernel === 0 ? Math.floor(cropSize / 10) | 1 : blurKernel;
}

/** Position i, reflected into 0 … size − 1 as often as needed. */
function reflect(i: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const inPeriod = ((i % period) + period) % period;
  return inPeriod < size ? inPeriod : period - inPeriod;
}
