/**
 * Numbers that a golden and its test compute alike, so that a golden stores results only:
 * tests/golden/closed_form.py in TypeScript, to the bit.
 */
import type { Rng } from "../../lib/random.ts";

/** Numbers in [−1, 1) of 24 bits: index i hashed (Murmur3's last rounds) from the name's FNV-1a. */
export function closedForm(name: string, count: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  const seed = fnv1a(name);
  for (let i = 0; i < count; i++) values[i] = at(seed, i);
  return values;
}

/**
 * Scale and shift of the weights by the ends of their names; a kernel's scale is that of He et al.
 * 2015, by its inputs. Branches of bottlenecks end small: else each block multiplies rounding errors.
 */
const RANGES: readonly (readonly [string, number, number])[] = [
  [".bias", 0.1, 0],
  [".bn3.gamma", 0.025, 0.075],
  [".gamma", 0.25, 0.75],
  [".beta", 0.1, 0],
  [".moving_mean", 0.1, 0],
  [".moving_variance", 0.5, 1],
];

/** The values of a weight, by its name as `layer1.0.conv1.kernel`. */
export function closedWeight(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const size = shape.reduce((product, n) => product * n, 1);
  const [, scale, shift] = RANGES.find(([end]) => name.endsWith(end)) ??
    ["kernel", Math.sqrt(6 / (size / shape.at(-1)!)), 0];
  const values = closedForm(name, size);
  for (let i = 0; i < size; i++) values[i] = shift + scale * values[i];
  return values;
}

/** The Euclidean norm of the values, and their product with a direction of their name. */
export function summary(name: string, values: ArrayLike<number>): [number, number] {
  const seed = fnv1a(`direction of ${name}`);
  let squares = 0;
  let along = 0;
  for (let i = 0; i < values.length; i++) {
    squares += values[i] ** 2;
    along += values[i] * at(seed, i);
  }
  return [Math.sqrt(squares), Math.sqrt(3) * along];
}

/** The difference of two summaries, relative to the norm of the second. */
export function summaryError(a: readonly number[], b: readonly number[]): number {
  return Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])) / b[0];
}

/** Draws the same number always, and fast: for a model whose weights are assigned anyway. */
export const STILL: Rng = {
  uint32: () => 0,
  uniform: () => 0.5,
  int: () => 0,
  normal: () => 0,
  permutation: (n) => new Uint32Array(n),
  fold: () => STILL,
};

function fnv1a(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash;
}

function at(seed: number, i: number): number {
  let x = (Math.imul(i, 0x9e3779b9) + seed) | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return (x >>> 8) / 2 ** 23 - 1;
}
