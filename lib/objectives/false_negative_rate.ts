/**
 * How many of a batch's negatives are false.
 *
 * @module
 */

/**
 * The share of pairs of different examples in a batch that are of one class: the τ⁺ of the batch.
 *
 * Every pair of examples gives `views`² pairs of rows in Ω, so the share is that of the examples.
 * A pair with an unknown label (−1) counts neither way; without any pair it is NaN.
 */
export function falseNegativeRate(labels: Int32Array): number {
  const sizes = new Map<number, number>();
  let known = 0;
  for (const label of labels) {
    if (label < 0) continue;
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
    known++;
  }
  let same = 0;
  for (const size of sizes.values()) same += size * (size - 1);
  return same / (known * (known - 1));
}
