/**
 * Means over seeds, and how sure they are.
 *
 * @module
 */
import jstat from "jstat";

const mean: (values: readonly number[]) => number = jstat.mean;
const deviation: (values: readonly number[], sample: boolean) => number = jstat.stdev;
const studentT: (probability: number, degrees: number) => number = jstat.studentt.inv;
const incompleteBeta: (x: number, a: number, b: number) => number = jstat.ibeta;

/** The confidence of every interval. */
export const CONFIDENCE = 0.95;

/** Values that differ by less than this share of their size are equal but for rounding. */
const ROUNDING = 1e-12;

/** A mean, and what is known of its spread; null where nothing is. */
export interface Estimate {
  /** How many values. */
  readonly n: number;
  readonly mean: number;
  /** Their standard deviation, with n − 1; null for one value. */
  readonly deviation: number | null;
  /**
   * Half the width of the 95 % confidence interval of the mean: t(0.975, n − 1)·deviation/√n. Null
   * for one value, and where all are equal: accuracies are counts of images, so few of them agree
   * easily, and that they do is no certainty.
   */
  readonly halfWidth: number | null;
}

/** A mean difference, and the probability of one as large by chance. */
export interface Difference extends Estimate {
  /** Two-sided, by the paired t-test that the interval belongs to; null where that is null. */
  readonly p: number | null;
}

/** The estimate from independent values; null where there are none. */
export function estimate(values: readonly number[]): Estimate | null {
  return estimateOf(values, Math.max(...values.map(Math.abs)));
}

/** @param size of what the values were computed from, which bounds their rounding. */
function estimateOf(values: readonly number[], size: number): Estimate | null {
  const n = values.length;
  if (n === 0) return null;
  if (n === 1) return { n, mean: values[0], deviation: null, halfWidth: null };
  if (Math.max(...values) - Math.min(...values) <= ROUNDING * size) {
    return { n, mean: values[0], deviation: 0, halfWidth: null };
  }
  const spread = deviation(values, true);
  const halfWidth = studentT((1 + CONFIDENCE) / 2, n - 1) * spread / Math.sqrt(n);
  return { n, mean: mean(values), deviation: spread, halfWidth };
}

/** The estimate of `values` − `others`, of the keys (seeds) that both have; null where none is. */
export function pairedDifference(
  values: ReadonlyMap<number, number>,
  others: ReadonlyMap<number, number>,
): Difference | null {
  const pairs = [...values].flatMap(([key, value]) => {
    const other = others.get(key);
    return other === undefined ? [] : [[value, other] as const];
  });
  const size = Math.max(...pairs.flat().map(Math.abs));
  const found = estimateOf(pairs.map(([value, other]) => value - other), size);
  if (!found) return null;
  const { n, mean, deviation, halfWidth } = found;
  if (deviation === null || halfWidth === null) return { ...found, p: null };
  const t = mean / (deviation / Math.sqrt(n));
  // The tails of Student's t themselves: one minus its distribution would lose the smallest.
  return { ...found, p: incompleteBeta((n - 1) / (n - 1 + t * t), (n - 1) / 2, 1 / 2) };
}

/**
 * p-values adjusted for their number by Holm's step-down method (Scandinavian Journal of Statistics
 * 6, 1979): the chance of one false finding among all of them is at most what is printed. Each null
 * is a comparison that was made and found nothing, so it counts among them and stays null.
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const order = [...pValues.keys()].sort((a, b) => (pValues[a] ?? 1) - (pValues[b] ?? 1));
  const adjusted: (number | null)[] = pValues.map(() => null);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    const p = pValues[i];
    if (p === null) continue;
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[i] = largest;
  }
  return adjusted;
}
