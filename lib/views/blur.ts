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
  const weights = new Float64Array(kernel);
  const reflected = Int32Array.from({ length: size + 2 * radius }, (_, i) => {
    return reflect(i - radius, size);
  });
  const across = new Float32Array(size * size * channels);
  const row = size * channels;

  return (image, sigma) => {
    let sum = 0;
    for (let i = 0; i < kernel; i++) {
      weights[i] = Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma));
      sum += weights[i];
    }
    for (let i = 0; i < kernel; i++) weights[i] /= sum;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let c = 0; c < channels; c++) {
          let value = 0;
          for (let k = 0; k < kernel; k++) {
            value += weights[k] * image[y * row + reflected[x + k] * channels + c];
          }
          across[y * row + x * channels + c] = value;
        }
      }
    }
    for (let y = 0; y < size; y++) {
      for (let i = 0; i < row; i++) {
        let value = 0;
        for (let k = 0; k < kernel; k++) value += weights[k] * across[reflected[y + k] * row + i];
        image[y * row + i] = value;
      }
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
