import { assertAlmostEquals, assertEquals } from "@std/assert";
import { effectiveRank } from "../../../lib/train/embedding_metrics.ts";
import { rng } from "../../../lib/random.ts";

/** I − 2uuᵀ of a random unit u: an orthogonal matrix. */
function reflection(n: number, seed: number): number[][] {
  const random = rng(seed, n);
  const u = Array.from({ length: n }, () => random.normal());
  const square = u.reduce((sum, x) => sum + x * x, 0);
  return u.map((a, i) => u.map((b, j) => Number(i === j) - 2 * a * b / square));
}

/** U Σ Vᵀ [count, dim] with the given singular values. */
function withSingularValues(count: number, dim: number, sigma: readonly number[]): Float32Array {
  const [u, v] = [reflection(count, 1), reflection(dim, 2)];
  return Float32Array.from(
    { length: count * dim },
    (_, at) =>
      sigma.reduce((sum, s, k) => sum + s * u[Math.floor(at / dim)][k] * v[at % dim][k], 0),
  );
}

const entropyRank = (sigma: readonly number[]) => {
  const sum = sigma.reduce((total, s) => total + s, 0);
  return Math.exp(-sigma.reduce((total, s) => total + s / sum * Math.log(s / sum), 0));
};

for (const [count, dim] of [[40, 7], [7, 40], [5, 5]]) {
  Deno.test(`the effective rank of ${count}×${dim} is exp of the entropy of its singular values`, () => {
    const sigma = [5, 3, 1, 0.2, 0.01];
    const rank = effectiveRank(withSingularValues(count, dim, sigma), dim);
    assertAlmostEquals(rank, entropyRank(sigma), 1e-5);
  });
}

Deno.test("equal singular values have the full rank, and multiples of one row have rank 1", () => {
  assertAlmostEquals(effectiveRank(withSingularValues(30, 6, [2, 2, 2, 2, 2, 2]), 6), 6, 1e-5);
  const multiples = Float32Array.from([3, 4, 6, 8, -3, -4, 0.5, 2 / 3]);
  assertAlmostEquals(effectiveRank(multiples, 2), 1, 1e-5);
  assertAlmostEquals(effectiveRank(new Float32Array([1, 2, 3]), 3), 1, 1e-12);
});

Deno.test("rows of zeros have the rank 0", () => {
  assertEquals(effectiveRank(new Float32Array(12), 3), 0);
});
