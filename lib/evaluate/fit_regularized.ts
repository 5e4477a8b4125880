/**
 * Softmax regression to its optimum, with the strength of its L2 penalty chosen on held-out
 * training examples: no learning rate, no schedule, nothing to tune.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import type { Progress, Tf } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { type Evaluation, lbfgs } from "./lbfgs.ts";
import { type Regression, regression, withOnes } from "./softmax.ts";
import { sumOverRows } from "./softmax.ts";
import { yieldToEvents } from "../yield_to_events.ts";

/** The penalties tried, strongest first; each fit starts where the one before ended. */
const PENALTIES = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5];

/** When the fit of a penalty stops, and when that of all examples does. */
const STOPS = {
  bounded: [{ iterations: 15, tolerance: 1e-3 }, { iterations: 200, tolerance: 1e-6 }],
  // What is expected to be gained is far too little without the bound.
  free: [{ iterations: 60, tolerance: 1e-9 }, { iterations: 300, tolerance: 1e-9 }],
} as const;

/** Passes over the examples that the bound saves, about, in all fits together. */
const PASSES_SAVED = 600;
/** An operation of the host takes as long as so many of a device. */
const HOST = 20;

/** What a fit needs of its surroundings. */
export interface FitEnv {
  /** TensorFlow.js, set to the device. */
  readonly tf: Tf;
  /** Orders the examples before a fifth is held out. */
  readonly seed: number;
  /** Reports passes over the examples. */
  readonly progress?: (progress: Progress) => void;
  /** Aborts between passes. */
  readonly signal?: AbortSignal;
}

/** A fitted classifier. */
export interface Fit {
  /** W [d, classes], the bias in the last row. */
  readonly weights: Float64Array;
  /** The chosen penalty λ. */
  readonly l2: number;
}

/**
 * Minimizes the mean cross-entropy of softmax(XW) + λ/2·‖W without its last row‖².
 *
 * λ is the strongest of 1, 0.1, … 10⁻⁵ after which the loss of a held-out fifth rises; then all
 * examples are fitted. L-BFGS starts from Böhning's bound of the Hessian, ½XᵀX/n + λI (Ann. Inst.
 * Statist. Math. 44, 1992), so that ten passes or so do what a hundred do without it. What it expects
 * to gain is too little by that bound, 65 times on raw pixels; so the last fit goes on to a millionth.
 * Where few examples have very many features, the bound costs more than it saves, and the fits go
 * without it, for a number of steps: near the optimum, but not as near.
 *
 * @param x X [n, d], standardized; n ≥ 2. The feature 1 of the bias is implied
 * @param labels n classes
 */
export async function fitRegularized(
  x: tf.Tensor2D,
  labels: Int32Array,
  classes: number,
  env: FitEnv,
): Promise<Fit> {
  const { tf } = env;
  const order = Int32Array.from(rng(env.seed, STREAM.probe, 0).permutation(labels.length));
  const held = Math.ceil(labels.length / 5);
  const subset = (indices: Int32Array) => ({
    classes,
    d: x.shape[1] + 1,
    examples: regression(tf, { x, labels, classes }, indices),
  });
  // In the order of memory, which is twice as fast to read.
  const fittedRows = order.subarray(held).sort();
  const bounded = isWorthwhile(fittedRows.length, x.shape[1] + 1, classes);
  const gram = bounded ? await readGram(tf, x, fittedRows) : undefined;
  const [search, final] = STOPS[bounded ? "bounded" : "free"];
  const fitted = subset(fittedRows);
  const heldOut = subset(order.subarray(0, held).sort());
  let weights: Float64Array = new Float64Array(fitted.d * classes);
  let best = { l2: PENALTIES[0], loss: Infinity, weights };
  try {
    for (const l2 of PENALTIES) {
      weights = await minimize(fitted, weights, { l2, gram, ...search }, env);
      const { value: loss } = await lossAt(heldOut, weights, 0, env);
      if (loss > best.loss) break;
      if (loss < best.loss) best = { l2, loss, weights };
    }
  } finally {
    fitted.examples.dispose();
    heldOut.examples.dispose();
  }
  const all = subset(Int32Array.from(labels.keys()));
  try {
    const { l2 } = best;
    return { weights: await minimize(all, best.weights, { l2, gram, ...final }, env), l2 };
  } finally {
    all.examples.dispose();
  }
}

/**
 * Whether Böhning's bound saves more passes over [n, d] than XᵀX, and its factor [d, d] for each
 * penalty on the host, cost. Of 3,072 pixels it does for 50,000 images and not for 200; of 27,648 it
 * would not even fit in memory.
 */
function isWorthwhile(n: number, d: number, classes: number): boolean {
  const cost = 2 * n * d ** 2 + HOST * PENALTIES.length * d ** 3 / 3;
  return cost < PASSES_SAVED * 4 * n * d * classes;
}

/** XᵀX/n [d, d] of chosen rows and their feature 1. */
async function readGram(tf: Tf, x: tf.Tensor2D, rows: Int32Array): Promise<Float64Array> {
  const gram = tf.tidy(() => {
    const sum = sumOverRows(tf, rows.length, (begin, count) => {
      const part = tf.tensor1d(rows.subarray(begin, begin + count), "int32");
      const chosen = withOnes(tf, tf.gather(x, part));
      return tf.matMul<tf.Tensor2D>(tf.transpose(chosen), chosen);
    });
    return tf.div(sum, rows.length);
  });
  const values = Float64Array.from(await gram.data());
  gram.dispose();
  return values;
}

/** What is fitted or evaluated, with the sides of W. */
interface Fitted {
  readonly examples: Regression;
  readonly d: number;
  readonly classes: number;
}

async function minimize(
  fitted: Fitted,
  start: Float64Array,
  settings: { l2: number; gram?: Float64Array; iterations: number; tolerance: number },
  env: FitEnv,
): Promise<Float64Array> {
  const { l2, gram, iterations, tolerance } = settings;
  const { d, classes } = fitted;
  const factor = gram && new CholeskyDecomposition(bound(gram, d, l2));
  const { x } = await lbfgs((w) => lossAt(fitted, w, l2, env), start, {
    iterations,
    tolerance,
    ...(factor && {
      precondition: (gradient) =>
        Float64Array.from(factor.solve(Matrix.from1DArray(d, classes, gradient)).to1DArray()),
    }),
    onStep: (done) =>
      env.progress?.({ task: `linear probe, L2 ${l2}`, done, total: 0, unit: "steps" }),
  });
  return x;
}

/** ½XᵀX/n + λI, positive definite for all rounding, and symmetric, which a device's XᵀX may not be. */
function bound(gram: Float64Array, d: number, l2: number): Matrix {
  const matrix = new Matrix(d, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const value = gram[i * d + j] / 2 + (i === j ? l2 + 1e-3 : 0);
      matrix.set(i, j, value).set(j, i, value);
    }
  }
  return matrix;
}

/** The penalized loss and its gradient at W. */
async function lossAt(
  { examples, d, classes }: Fitted,
  weights: Float64Array,
  l2: number,
  { tf, signal }: FitEnv,
): Promise<Evaluation> {
  await yieldToEvents(signal);
  const packed = tf.tidy(() => {
    const w = tf.tensor2d(Float32Array.from(weights), [d, classes]);
    const { loss, gradient } = examples.gradientAt(w);
    return tf.concat([gradient.flatten(), loss.as1D()]);
  });
  const read = await packed.data();
  packed.dispose();
  let value = read[d * classes];
  const gradient = Float64Array.from(read.subarray(0, d * classes));
  for (let i = 0; i < (d - 1) * classes; i++) {
    value += l2 / 2 * weights[i] ** 2;
    gradient[i] += l2 * weights[i];
  }
  return { value, gradient };
}
