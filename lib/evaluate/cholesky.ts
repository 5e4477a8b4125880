/**
 * Cholesky's factorisation and the solution of linear systems with it, in float64 on the host.
 *
 * @module
 */

/**
 * The lower triangle L [n, n] with L·Lᵀ = `matrix`; the upper triangle is left as it is. Throws a
 * RangeError where the matrix is not positive definite.
 *
 * @param matrix [n, n], symmetric
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = matrix.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = lower[i * n + j];
      for (let k = 0; k < j; k++) value -= lower[i * n + k] * lower[j * n + k];
      if (j < i) {
        lower[i * n + j] = value / lower[j * n + j];
      } else if (value > 0) {
        lower[i * n + i] = Math.sqrt(value);
      } else {
        throw new RangeError(`the matrix is not positive definite: pivot ${i} is ${value}`);
      }
    }
  }
  return lower;
}

/**
 * The solution X of L·Lᵀ·X = B.
 *
 * @param lower L [n, n], from {@linkcode cholesky}
 * @param right B [n, columns]
 * @returns X [n, columns]
 */
export function choleskySolve(
  lower: Float64Array,
  right: Float64Array,
  n: number,
): Float64Array {
  const columns = right.length / n;
  const x = right.slice();
  const subtract = (to: number, from: number, factor: number) => {
    for (let c = 0; c < columns; c++) x[to * columns + c] -= factor * x[from * columns + c];
  };
  const divide = (row: number) => {
    for (let c = 0; c < columns; c++) x[row * columns + c] /= lower[row * n + row];
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, lower[i * n + k]);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    divide(i);
    for (let k = 0; k < i; k++) subtract(k, i, lower[i * n + k]);
  }
  return x;
}
