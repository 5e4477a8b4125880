/**
 * What labels say of τ⁺. Labels under 0 are unknown and left out.
 *
 * @module
 */

/** How many examples of each class there are, in the order of their first. */
function classSizes(labels: ArrayLike<number>): number[] {
  const sizes = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= 0) sizes.set(labels[i], (sizes.get(labels[i]) ?? 0) + 1);
  }
  return [...sizes.values()];
}

/**
 * The true class prior τ⁺ of labeled examples: Σ over classes of p_c², the probability that two
 * examples drawn at random share their class (Chuang et al. 2020, section 3). 1/C for C balanced
 * classes; NaN where no label is known.
 *
 * @param labels the class of each example, [n], −1 where unknown
 *
 * @example Three examples of one class, one of another
 * ```ts
 * import { collisionProbability } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(collisionProbability([0, 0, 0, 1]), 0.75 ** 2 + 0.25 ** 2);
 * assertEquals(collisionProbability([0, 1, 2, 3, -1]), 1 / 4); // −1 is unknown
 * ```
 */
export function collisionProbability(labels: ArrayLike<number>): number {
  const sizes = classSizes(labels);
  const known = sizes.reduce((sum, size) => sum + size, 0);
  return known ? sizes.reduce((sum, size) => sum + (size / known) ** 2, 0) : NaN;
}

/**
 * The share of pairs of different examples that are of one class: the τ⁺ of a batch.
 *
 * Every pair of examples gives views² pairs of rows in Ω, so the share is that of the examples.
 * A pair with an unknown label counts neither way; without any pair it is NaN.
 *
 * @param labels the class of each example, [n], −1 where unknown
 *
 * @example Of six pairs, three are of one class
 * ```ts
 * import { falseNegativeRate } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(falseNegativeRate([0, 0, 0, 1]), 3 / 6);
 * assertEquals(falseNegativeRate([0, 1, 2, 3]), 0);
 * ```
 */
export function falseNegativeRate(labels: ArrayLike<number>): number {
  const sizes = classSizes(labels);
  const known = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.reduce((sum, size) => sum + size * (size - 1), 0) / (known * (known - 1));
}
