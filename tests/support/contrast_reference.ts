/** The debiased family in float64, with one loop over all pairs and in logarithms only at the end. */
import type { FamilyMember } from "../../lib/objectives/debiased_family.ts";

/** What {@linkcode contrastReference} gives. */
export interface ContrastReference {
  /** The mean of the losses of the rows. */
  loss: number;
  /** The share of the rows where the clamp holds. */
  clampRate: number;
}

/** The family of rows z [views·batch, dim], flat. */
export function contrastReference(
  z: Float64Array,
  [views, batch, dim]: readonly number[],
  { form, temperature, tauPlus = 0, beta = 0 }: FamilyMember,
): ContrastReference {
  const rows = views * batch, count = rows - views;
  let total = 0, clamped = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0, hard = 0, weights = 0;
    const positives: number[] = [];
    for (let j = 0; j < rows; j++) {
      let s = 0;
      for (let k = 0; k < dim; k++) s += z[i * dim + k] * z[j * dim + k];
      s /= temperature;
      if (j % batch !== i % batch) {
        const e = Math.exp(s);
        sum += e;
        if (beta > 0) {
          const weight = Math.exp(beta * s);
          hard += weight * e;
          weights += weight;
        }
      } else if (j !== i) positives.push(s);
    }
    let negatives = beta > 0 ? count * hard / weights : sum;
    if (form === "debiased") {
      const positive = positives.reduce((total, s) => total + Math.exp(s), 0) / positives.length;
      const floor = count * Math.exp(-1 / temperature);
      negatives = (negatives - tauPlus * count * positive) / (1 - tauPlus);
      if (negatives < floor) clamped++;
      negatives = Math.max(negatives, floor);
    }
    const gamma = Math.log(negatives);
    for (const s of positives) {
      const loss = form === "decoupled" ? gamma - s : Math.log1p(Math.exp(gamma - s));
      total += loss / positives.length;
    }
  }
  return { loss: total / rows, clampRate: clamped / rows };
}
