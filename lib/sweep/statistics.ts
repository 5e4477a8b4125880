/**
 * Means over seeds, and how sure they are.
 *
 * @module
 */
import jstat from "jstat";

const mean: (values: readonly number[]) => number = jstat.mean;
const deviation: (values: readonly number[], sample: boolean) => number = jstat.stdev;
const studentT: (probability: number, degrees: number) => number = jstat.studentt.inv;

/** The confidence of every interval. */
export const CONFIDENCE = 0.95;

/** A mean, and what is known of its spread; of one value nothing is, which is null. */
export interface Estimate {
  /** How many values. */
  readonly n: number;
  /** Their mean. */
  readonly mean: number;
  /** Their standard deviation, with n − 1. */
  readonly deviation: number | null;
  /** Half the width of the 95 % confidence interval of the mean: t(0.975, n − 1)·deviation/√n. */
  readonly halfWidth: number | null;
}

/** The estimate from independent values; null where there are none. */
export function estimate(values: readonly number[]): Estimate | null {
  const n = values.length;
  if (n === 0) return null;
  if (n === 1) return { n, mean: values[0], deviation: null, halfWidth: null };
  const spread = deviation(values, true);
  const halfWidth = studentT((1 + CONFIDENCE) / 2, n - 1) * spread / Math.sqrt(n);
  return { n, mean: mean(values), deviation: spread, halfWidth };
}

/** The estimate of `values` − `others`, of the keys (seeds) that both have. */
export function pairedDifference(
  values: ReadonlyMap<number, number>,
  others: ReadonlyMap<number, number>,
): Estimate | null {
  const pairs = [...values].flatMap(([key, value]) => {
    const other = others.get(key);
    return other === undefined ? [] : [value - other];
  });
  return estimate(pairs);
}
