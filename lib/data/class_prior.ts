/**
 * What labels say of τ⁺.
 *
 * @module
 */

/**
 * The true class prior τ⁺ of labelled examples: Σ over classes of p_c², the probability that two
 * examples drawn at random share their class (Chuang et al. 2020, section 3). 1/C for C balanced
 * classes. Labels under 0 are unknown and left out; NaN where none is known.
 */
export function collisionProbability(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  let known = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] < 0) continue;
    counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
    known++;
  }
  return counts.values().reduce((sum, count) => sum + (count / known) ** 2, known ? 0 : NaN);
}
