import { assertAlmostEquals, assertThrows } from "@std/assert";
import { cholesky, choleskySolve } from "../../../lib/evaluate/cholesky.ts";
import { rng } from "../../../lib/random.ts";

Deno.test("a symmetric positive definite system is solved for every right-hand column", () => {
  const n = 7;
  const random = rng(1);
  const a = Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()));
  const matrix = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return a.reduce((sum, row) => sum + row[i] * row[j], i === j ? 0.1 : 0);
  });
  const right = Float64Array.from({ length: n * 3 }, () => random.normal());
  const x = choleskySolve(cholesky(matrix, n), right, n);
  right.forEach((value, at) => {
    const [i, c] = [Math.floor(at / 3), at % 3];
    let product = 0;
    for (let j = 0; j < n; j++) product += matrix[i * n + j] * x[j * 3 + c];
    assertAlmostEquals(product, value, 1e-10);
  });
});

Deno.test("a matrix that is not positive definite is refused", () => {
  assertThrows(() => cholesky(Float64Array.of(1, 2, 2, 1), 2), RangeError, "pivot 1 is -3");
});
