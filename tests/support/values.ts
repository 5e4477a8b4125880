/** Deterministic values for tensors in tests. */
import { rng } from "../../lib/random.ts";

/** `count` values in [−1, 1); another `seed`, other values. */
export function values(seed: number, count: number): Float32Array {
  const stream = rng(seed);
  return Float32Array.from({ length: count }, () => 2 * stream.uniform() - 1);
}
