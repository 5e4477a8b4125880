/**
 * The losses once more, in float64 and plain loops, straight from the papers' definitions. Float64
 * holds e^(±700), so down to temperature 0.01 no logarithms are needed, and none are used.
 */
import type { Views } from "../../lib/plugin_check/objective_input.ts";

/** The options of the contrastive losses. */
export interface ContrastiveOptions {
  temperature: number;
  tauPlus?: number;
  beta?: number;
}

interface Anchor {
  /** e^s to the other views of the anchor's example. */
  positives: number[];
  /** e^s to all views of all other examples. */
  negatives: number[];
  /** The examples of `negatives`. */
  examples: number[];
  /** The anchor's example. */
  example: number;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((s, x, i) => s + x * b[i], 0);

function anchors(views: Views, temperature: number): Anchor[] {
  return views.flatMap((view, v) =>
    view.map((z, example) => {
      const anchor: Anchor = { positives: [], negatives: [], examples: [], example };
      views.forEach((other, w) =>
        other.forEach((y, b) => {
          const e = Math.exp(dot(z, y) / temperature);
          if (b !== example) {
            anchor.negatives.push(e);
            anchor.examples.push(b);
          } else if (v !== w) anchor.positives.push(e);
        })
      );
      return anchor;
    })
  );
}

const contrast = (positives: number[], negatives: number) =>
  mean(positives.map((p) => -Math.log(p / (p + negatives))));

/** Chen et al. 2020, equation 1. */
export function ntXent(views: Views, { temperature }: ContrastiveOptions): number {
  return mean(anchors(views, temperature).map((a) => contrast(a.positives, sum(a.negatives))));
}

/** K·g of Chuang et al. 2020, equation 7, before and at the clamp. */
function debiasedSum(weighted: number, a: Anchor, options: ContrastiveOptions): [number, number] {
  const { temperature, tauPlus = 0 } = options;
  const k = a.negatives.length;
  const estimate = (weighted / k - tauPlus * mean(a.positives)) / (1 - tauPlus);
  return [k * estimate, k * Math.exp(-1 / temperature)];
}

/** Robinson et al. 2021, equation 4: K times the negatives' mean under weights e^(βs). */
function weightedSum(a: Anchor, beta: number): number {
  const weights = a.negatives.map((e) => e ** beta);
  return a.negatives.length * dot(weights, a.negatives) / sum(weights);
}

/** Robinson et al. 2021; with β = 0 (default) Chuang et al. 2020, equation 8. */
export function debiased(views: Views, options: ContrastiveOptions): number {
  return mean(
    anchors(views, options.temperature).map((a) =>
      contrast(
        a.positives,
        Math.max(...debiasedSum(weightedSum(a, options.beta ?? 0), a, options)),
      )
    ),
  );
}

/** The share of anchors whose estimate is below the clamp. */
export function clampRate(views: Views, options: ContrastiveOptions): number {
  return mean(
    anchors(views, options.temperature).map((a) => {
      const [estimate, floor] = debiasedSum(weightedSum(a, options.beta ?? 0), a, options);
      return estimate < floor ? 1 : 0;
    }),
  );
}

/**
 * `main.py` of the authors' code line by line, with its names, where `batch_size` is that of the
 * batch at hand.
 */
export function reference(
  [out_1, out_2]: Views,
  options: { temperature: number; tau_plus: number; debiased: boolean },
): number {
  const { temperature, tau_plus } = options;
  const batch_size = out_1.length;
  const out = [...out_1, ...out_2];
  const neg = out.map((row, i) =>
    out.filter((_, j) => j % batch_size !== i % batch_size)
      .map((other) => Math.exp(dot(row, other) / temperature))
  );
  const half = out_1.map((row, i) => Math.exp(dot(row, out_2[i]) / temperature));
  const pos = [...half, ...half];
  const loss = pos.map((p, i) => {
    let Ng = sum(neg[i]);
    if (options.debiased) {
      const N = batch_size * 2 - 2;
      Ng = (-tau_plus * N * p + sum(neg[i])) / (1 - tau_plus);
      Ng = Math.max(Ng, N * Math.E ** (-1 / temperature));
    }
    return -Math.log(p / (p + Ng));
  });
  return mean(loss);
}

const sameClass = (labels: readonly number[], i: number, j: number) =>
  i === j || (labels[i] >= 0 && labels[i] === labels[j]);

/** Chuang et al. 2020, equation 2, with Q = K: the mean over true negatives, K times. */
export function oracle(views: Views, options: ContrastiveOptions, labels: number[]): number {
  return mean(
    anchors(views, options.temperature).map((a) => {
      const negatives = a.negatives.filter((_, j) => !sameClass(labels, a.example, a.examples[j]));
      const k = a.negatives.length;
      return contrast(a.positives, negatives.length ? k * mean(negatives) : 0);
    }),
  );
}

/** Yeh et al. 2022, equation 6, as a mean over anchors. */
export function decoupled(views: Views, { temperature }: ContrastiveOptions): number {
  return mean(
    anchors(views, temperature).map((a) =>
      Math.log(sum(a.negatives)) - mean(a.positives.map(Math.log))
    ),
  );
}

/** Khosla et al. 2020, equation 2, as a mean over anchors. */
export function supcon(views: Views, options: ContrastiveOptions, labels: number[]): number {
  return mean(
    anchors(views, options.temperature).map((a) => {
      const others = sum(a.positives) + sum(a.negatives);
      const positives = a.negatives.filter((_, j) => sameClass(labels, a.example, a.examples[j]));
      return -mean([...a.positives, ...positives].map((e) => Math.log(e / others)));
    }),
  );
}

/** The columns of a view less their means. */
function centeredColumns(view: Views[number]): number[][] {
  return view[0].map((_, d) => {
    const column = view.map((row) => row[d]);
    return column.map((x) => x - mean(column));
  });
}

/** Zbontar et al. 2021, equations 1 and 2. */
export function barlowTwins(views: Views, lambda: number): number {
  const [a, b] = views.map((view) =>
    centeredColumns(view).map((column) => {
      const std = Math.sqrt(mean(column.map((x) => x * x)) + 1e-5);
      return column.map((x) => x / std);
    })
  );
  return sum(a.flatMap((x, i) =>
    b.map((y, j) => {
      const c = dot(x, y) / x.length;
      return i === j ? (1 - c) ** 2 : lambda * c ** 2;
    })
  ));
}

/** Bardes et al. 2022, equations 1 to 6, averaged as in the authors' code. */
export function vicreg(views: Views, [lambda, mu, nu]: readonly number[]): number {
  const [a, b] = views;
  const apart = mean(a.flatMap((row, i) => row.map((x, d) => (x - b[i][d]) ** 2)));
  const terms = [a, b].map((view) => {
    const columns = centeredColumns(view);
    const cov = (i: number, j: number) => dot(columns[i], columns[j]) / (view.length - 1);
    const spread = columns.map((_, i) => Math.max(0, 1 - Math.sqrt(cov(i, i) + 1e-4)));
    const off = columns.flatMap((_, i) => columns.map((_, j) => i === j ? 0 : cov(i, j) ** 2));
    return mu * mean(spread) / 2 + nu * sum(off) / columns.length;
  });
  return lambda * apart + sum(terms);
}
