/**
 * The losses that docs/over-correction.md compares, in float64: their values and, by hand, their
 * gradients.
 *
 * @module
 */

/** What is taken for P: nothing, the anchor's other view, or the mean of its class by label. */
export const TERMS = ["biased", "e^(s⁺)", "class mean", "class mean, held constant"] as const;
export type Term = typeof TERMS[number] | "oracle";

/** Unit rows of two views of B examples, view by view, and the class of each example. */
export interface Batch {
  readonly rows: Float64Array;
  readonly labels: Int32Array;
}

/** t and τ. */
export interface Setting {
  readonly temperature: number;
  readonly tauPlus: number;
}

/** What is found of one batch, or of several as the mean. */
export interface Found {
  readonly rowMean: number;
  readonly classMean: number;
  readonly positive: number;
  /** Share of rows where the estimate with e^(s⁺) is clamped. */
  readonly clamped: number;
  /** By term: the loss less the oracle's. */
  readonly loss: Readonly<Record<string, number>>;
  /**
   * By term: the cosine of (gradient − biased's) with (oracle's − biased's), both by the rows in the
   * tangent of the sphere: 1 where the correction goes where the oracle's goes.
   */
  readonly direction: Readonly<Record<string, number>>;
}

/** A loss over all rows, and its derivative by each s_ij where that is asked for. */
export function contrast(
  similarities: Float64Array,
  labels: Int32Array,
  { temperature, tauPlus }: Setting,
  term: Term,
  derivative?: Float64Array,
) {
  const batch = labels.length, n = 2 * batch, count = n - 2;
  const floor = count * Math.exp(-1 / temperature);
  let loss = 0, clamped = 0, rowMean = 0, classMean = 0, positive = 0;
  for (let i = 0; i < n; i++) {
    const own = i % batch, s = similarities.subarray(i * n, (i + 1) * n);
    const to = s[(i + batch) % n], pos = Math.exp(to);
    let sum = 0, ofClass = 0, mates = 0;
    for (let j = 0; j < n; j++) {
      if (j % batch === own) continue;
      const e = Math.exp(s[j]);
      sum += e;
      if (labels[j % batch] !== labels[own]) continue;
      ofClass += e;
      mates++;
    }
    const mean = mates > 0 ? ofClass / mates : 0;
    const taken = term === "e^(s⁺)" ? pos : term === "biased" ? 0 : mean;
    const share = term === "biased" ? 0 : tauPlus;
    const estimate = term === "oracle"
      ? count * (sum - ofClass) / (count - mates)
      : (sum - share * count * taken) / (1 - share);
    const open = term === "biased" || term === "oracle" || estimate >= floor;
    const all = pos + (open ? estimate : floor);
    loss += (Math.log(all) - to) / n;
    clamped += open ? 0 : 1 / n;
    rowMean += sum / count / n;
    classMean += mean / n;
    positive += pos / n;
    if (!derivative) continue;
    for (let j = 0; j < n; j++) {
      if (!open || j % batch === own) continue;
      const same = labels[j % batch] === labels[own];
      const weight = term === "oracle"
        ? same ? 0 : count / (count - mates)
        : (1 - (term === "class mean" && same ? share * count / mates : 0)) / (1 - share);
      derivative[i * n + j] = Math.exp(s[j]) * weight / all;
    }
    const pull = term === "e^(s⁺)" && open ? share * count / (1 - share) : 0;
    derivative[i * n + (i + batch) % n] = pos * (1 - pull) / all - 1;
  }
  return { loss, clamped, rowMean, classMean, positive };
}

/** s_ij = z_i·z_j / t, [n, n]. */
export function similaritiesOf({ rows, labels }: Batch, temperature: number): Float64Array {
  const n = 2 * labels.length, dim = rows.length / n;
  const s = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let product = 0;
      for (let k = 0; k < dim; k++) product += rows[i * dim + k] * rows[j * dim + k];
      s[i * n + j] = s[j * n + i] = product / temperature;
    }
  }
  return s;
}

/** The gradient by the rows, its part along each row taken out; but for a factor. */
function gradientOf({ rows, labels }: Batch, derivative: Float64Array): Float64Array {
  const n = 2 * labels.length, dim = rows.length / n;
  const gradient = new Float64Array(rows.length);
  for (let i = 0; i < n; i++) {
    const g = gradient.subarray(i * dim, (i + 1) * dim), z = rows.subarray(i * dim, (i + 1) * dim);
    for (let j = 0; j < n; j++) {
      const weight = derivative[i * n + j] + derivative[j * n + i];
      if (weight !== 0) { for (let k = 0; k < dim; k++) g[k] += weight * rows[j * dim + k]; }
    }
    const along = g.reduce((sum, value, k) => sum + value * z[k], 0);
    for (let k = 0; k < dim; k++) g[k] -= along * z[k];
  }
  return gradient;
}

function cosine(a: Float64Array, b: Float64Array): number {
  const product = (x: Float64Array, y: Float64Array) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

/** All of one batch. */
export function examine(batch: Batch, setting: Setting): Found {
  const s = similaritiesOf(batch, setting.temperature);
  const found = [...TERMS, "oracle" as const].map((term) => {
    const derivative = new Float64Array(s.length);
    const loss = contrast(s, batch.labels, setting, term, derivative);
    return { term, ...loss, gradient: gradientOf(batch, derivative) };
  });
  const [biased, debiased] = found, oracle = found.at(-1)!;
  const { rowMean, classMean, positive } = biased;
  const less = (gradient: Float64Array) => gradient.map((value, i) => value - biased.gradient[i]);
  const towards = less(oracle.gradient);
  return {
    ...{ rowMean, classMean, positive, clamped: debiased.clamped },
    loss: Object.fromEntries(
      found.slice(0, -1).map(({ term, loss }) => [term, loss - oracle.loss]),
    ),
    direction: Object.fromEntries(
      found.slice(1, -1).map(({ term, gradient }) => [term, cosine(less(gradient), towards)]),
    ),
  };
}

/** The mean over batches. */
export function meanOf(all: readonly Found[]): Found {
  const number = (name: "rowMean" | "classMean" | "positive" | "clamped") =>
    mean(all.map((found) => found[name]));
  const byTerm = (name: "loss" | "direction") =>
    Object.fromEntries(
      Object.keys(all[0][name]).map((term) => [term, mean(all.map((found) => found[name][term]))]),
    );
  return {
    rowMean: number("rowMean"),
    classMean: number("classMean"),
    positive: number("positive"),
    clamped: number("clamped"),
    loss: byTerm("loss"),
    direction: byTerm("direction"),
  };
}

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
