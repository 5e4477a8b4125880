/**
 * Tests of whether two samples come from one distribution. Each gives its statistic in units of the
 * limit that chance exceeds about once in 10⁹ where they do: above 1 they do not.
 */

/** √(−½ ln(α/2)), the limit of √n·D of Kolmogorov and Smirnov at α = 10⁻⁹. */
const KOLMOGOROV = Math.sqrt(-Math.log(1e-9 / 2) / 2);
/** The standard normal deviate exceeded with probability 10⁻⁹. */
const DEVIATE = 6;
/** Cells with fewer draws than this are counted as one. */
const FEWEST = 20;

/**
 * Kolmogorov and Smirnov's test, at the percentiles of the other sample.
 *
 * @param sample the draws
 * @param percentiles of the other sample, the 1st to the 99th
 * @param draws in the other sample
 */
export function kolmogorovSmirnov(
  sample: readonly number[],
  percentiles: readonly number[],
  draws: number,
): number {
  const sorted = Float64Array.from(sample).sort();
  let below = 0;
  let distance = 0;
  percentiles.forEach((value, k) => {
    while (below < sorted.length && sorted[below] <= value) below++;
    distance = Math.max(distance, Math.abs(below / sorted.length - (k + 1) / 100));
  });
  return distance / (KOLMOGOROV * Math.sqrt(1 / sorted.length + 1 / draws));
}

/** The χ² test of two samples' counts in the same cells. */
export function chiSquare(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new Error(`${a.length} cells, and ${b.length}`);
  const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0);
  const ratio = Math.sqrt(total(b) / total(a));
  const term = (x: number, y: number) => (ratio * x - y / ratio) ** 2 / (x + y);
  let statistic = 0;
  let cells = 0;
  let restA = 0;
  let restB = 0;
  a.forEach((x, i) => {
    if (x + b[i] < FEWEST) {
      restA += x;
      restB += b[i];
      return;
    }
    statistic += term(x, b[i]);
    cells++;
  });
  if (restA + restB >= FEWEST) {
    statistic += term(restA, restB);
    cells++;
  }
  return statistic / chiSquareLimit(Math.max(1, cells - 1));
}

/** χ² of the table of two samples drawn in pairs against their independence. */
export function dependence(a: readonly number[], b: readonly number[], cells: number): number {
  const rank = (values: readonly number[]) => {
    const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
    const cell = new Array<number>(values.length);
    order.forEach((i, place) => cell[i] = Math.floor(place * cells / values.length));
    return cell;
  };
  const [rowOf, columnOf] = [rank(a), rank(b)];
  const counts = new Array<number>(cells * cells).fill(0);
  rowOf.forEach((row, i) => counts[row * cells + columnOf[i]]++);
  const expected = a.length / (cells * cells);
  const statistic = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  return statistic / chiSquareLimit((cells - 1) ** 2);
}

/** Wilson and Hilferty's approximation of the quantile of χ². */
function chiSquareLimit(degrees: number): number {
  const variance = 2 / (9 * degrees);
  return degrees * (1 - variance + DEVIATE * Math.sqrt(variance)) ** 3;
}
