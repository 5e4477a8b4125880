/** Float64 references of the layers, written from their definitions, and comparisons with them. */
import { assertAlmostEquals, assertEquals } from "@std/assert";

/** Numbers of any array. */
export type Values = ArrayLike<number>;

/** Mean and biased variance of every channel, the last axis. */
export function statistics(x: Values, channels: number) {
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) mean[i % channels] += x[i] / rows;
  for (let i = 0; i < x.length; i++) {
    variance[i % channels] += (x[i] - mean[i % channels]) ** 2 / rows;
  }
  return { mean: [...mean], variance: [...variance] };
}

/** γ·(x − mean)/√(variance + 1e-5) + β. */
export function normalize(x: Values, mean: Values, variance: Values, gamma: Values, beta: Values) {
  return Float64Array.from({ length: x.length }, (_, i) => {
    const c = i % gamma.length;
    return gamma[c] * (x[i] - mean[c]) / Math.sqrt(variance[c] + 1e-5) + beta[c];
  });
}

/** {@linkcode normalize} by the statistics of x. */
export function batchNorm(x: Values, gamma: Values, beta: Values) {
  const { mean, variance } = statistics(x, gamma.length);
  return normalize(x, mean, variance, gamma, beta);
}

/** ∂x in closed form, for sizes where finite differences take too long. */
export function batchNormGradient(x: Values, gamma: Values, dy: Values) {
  const channels = gamma.length;
  const { mean, variance } = statistics(x, channels);
  const rows = x.length / channels;
  const [ones, zeros] = [Array(channels).fill(1), Array(channels).fill(0)];
  const normalized = normalize(x, mean, variance, ones, zeros);
  const sum = new Float64Array(channels);
  const product = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) {
    sum[i % channels] += dy[i];
    product[i % channels] += dy[i] * normalized[i];
  }
  return Float64Array.from({ length: x.length }, (_, i) => {
    const c = i % channels;
    return gamma[c] / Math.sqrt(variance[c] + 1e-5) *
      (dy[i] - sum[c] / rows - normalized[i] * product[c] / rows);
  });
}

/** Σ a·b. */
export function dot(a: Values, b: Values): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The gradient of f at x by central differences. */
export function differences(f: (x: number[]) => number, x: number[]): Float64Array {
  const step = 1e-5;
  return Float64Array.from(
    x,
    (_, i) => (f(x.with(i, x[i] + step)) - f(x.with(i, x[i] - step))) / (2 * step),
  );
}

/** Images [batch, height, width, channels]. */
export interface Images {
  readonly data: Values;
  readonly shape: readonly number[];
}

/** PyTorch's Conv2d without bias, padded by ⌊k/2⌋ on all sides; kernel [k, k, in, out]. */
export function convolve(
  x: Images,
  kernel: Values,
  k: number,
  out: number,
  stride: number,
): Images {
  const [batch, height, width, channels] = x.shape;
  const padding = (k - 1) / 2;
  const side = (size: number) => Math.floor((size + 2 * padding - k) / stride) + 1;
  const shape = [batch, side(height), side(width), out];
  const data = new Float64Array(shape.reduce((a, b) => a * b));
  data.forEach((_, at) => {
    const o = at % out;
    const column = Math.floor(at / out) % shape[2] * stride - padding;
    const row = Math.floor(at / out / shape[2]) % shape[1] * stride - padding;
    const image = Math.floor(at / out / shape[2] / shape[1]);
    for (let i = Math.max(0, -row); i < Math.min(k, height - row); i++) {
      for (let j = Math.max(0, -column); j < Math.min(k, width - column); j++) {
        for (let c = 0; c < channels; c++) {
          data[at] += x.data[((image * height + row + i) * width + column + j) * channels + c] *
            kernel[((i * k + j) * channels + c) * out + o];
        }
      }
    }
  });
  return { data, shape };
}

/** The mean over height and width, [batch, channels]. */
export function spatialMean({ data, shape }: Images): Float64Array {
  const [batch, height, width, channels] = shape;
  const means = new Float64Array(batch * channels);
  for (let i = 0; i < data.length; i++) {
    const image = Math.floor(i / (height * width * channels));
    means[image * channels + i % channels] += data[i] / (height * width);
  }
  return means;
}

/** Fails where a difference exceeds `tolerance` times the larger of 1 and the expected value. */
export function assertClose(actual: Values, expected: Values, tolerance: number): void {
  assertEquals(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assertAlmostEquals(actual[i], expected[i], tolerance * Math.max(1, Math.abs(expected[i])));
  }
}
