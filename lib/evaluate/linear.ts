/**
 * Linear evaluation: how far a linear classifier gets on frozen features.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import { hasKernel, runKernel } from "../kernels/calls.ts";
import type { FeatureSplit, Metrics, ProbeInput, Tf } from "../plugin.ts";
import { type DclOptions, fitDcl } from "./fit_dcl.ts";
import { type FitEnv, fitRegularized } from "./fit_regularized.ts";
import { type ClassificationMetrics, classificationMetrics, classNames } from "./metrics.ts";
import { sumOverRows } from "./softmax.ts";

/** The protocol, and the settings of the protocol `dcl`. */
export interface LinearOptions extends DclOptions {
  /** `standard` fits to the optimum; `dcl` repeats the reference's `linear.py`. */
  readonly protocol: "standard" | "dcl";
}

/** What a linear probe needs of its surroundings; a plugin's `env` has it all. */
export interface LinearEnv extends FitEnv {
  /** The names of the classes. */
  readonly classes: readonly string[];
}

/**
 * Fits a linear classifier on `train` and evaluates it on `test`: top-1, top-5, per-class accuracy,
 * confusion and mean cross-entropy of the test split, top-1 and cross-entropy of the training
 * split (of the last epoch's augmented images under `dcl`: of the plain ones), and the penalty chosen.
 *
 * Throws UsageError where `train` has fewer than two examples, or `dcl` finds no augmented ones.
 */
export async function linear(
  { train, test }: ProbeInput,
  { protocol, ...dcl }: LinearOptions,
  env: LinearEnv,
): Promise<Metrics> {
  const { tf } = env;
  if (train.labels.length < 2) {
    throw new UsageError({
      act: "run the linear probe",
      rule: "it needs at least two labeled training examples",
      got: train.labels.length,
      next: "Choose a dataset with more labels.",
    });
  }
  const names = classNames(env.classes, train.labels, test.labels);
  const standard = protocol === "standard";
  const [xTrain, xTest] = tf.tidy(() => {
    const rows = [train.features, test.features];
    return standard ? standardize(tf, train.features, rows) : rows.map((x) => x.clone());
  });
  try {
    const fit = standard
      ? await fitRegularized(xTrain, train.labels, names.length, env)
      : { weights: await fitDcl(train, names.length, dcl, env) };
    const classify = (x: tf.Tensor2D, { labels }: FeatureSplit) =>
      measure(tf, x, labels, fit.weights, names);
    const onTrain = await classify(xTrain, train);
    const onTest = await classify(xTest, test);
    return {
      ...onTest,
      trainTop1: onTrain.top1,
      trainLoss: onTrain.loss,
      protocol,
      ...("l2" in fit ? { l2: fit.l2 } : {}),
    };
  } finally {
    tf.dispose([xTrain, xTest]);
  }
}

/**
 * (x − μ)/σ with the mean and standard deviation of `by`. A thousandth of a percent of the mean
 * variance is added to each, so that a feature that is all but constant is not blown up.
 */
function standardize(
  tf: Tf,
  by: tf.Tensor2D,
  all: readonly tf.Tensor2D[],
): tf.Tensor2D[] {
  const [rows, dim] = by.shape;
  const mean = tf.mean(by, 0);
  const squares = sumOverRows(
    tf,
    rows,
    (begin, count) => tf.sum(tf.square(tf.sub(tf.slice(by, [begin, 0], [count, dim]), mean)), 0),
  );
  const variance = tf.div(squares, rows);
  const floor = tf.maximum(tf.mul(tf.mean(variance), 1e-5), 1e-30);
  const spread = tf.add(variance, floor);
  if (hasKernel("BatchNormInference")) {
    // In one pass: there is no second matrix of this size.
    const given = { mean, variance: spread, gamma: tf.onesLike(mean), beta: tf.zerosLike(mean) };
    const attrs = { epsilon: 0, relu: false };
    return all.map((x) => {
      const [rows] = runKernel("BatchNormInference", { x, ...given }, attrs);
      return rows as tf.Tensor2D;
    });
  }
  const deviation = tf.sqrt(spread);
  return all.map((x) => tf.div(tf.sub(x, mean), deviation));
}

/** Metrics and mean cross-entropy of softmax([X 1]·W). */
async function measure(
  tf: Tf,
  x: tf.Tensor2D,
  labels: Int32Array,
  weights: Float64Array,
  names: readonly string[],
): Promise<ClassificationMetrics & { loss: number }> {
  const classes = names.length;
  const scores = tf.tidy(() => {
    const w = tf.tensor2d(Float32Array.from(weights), [x.shape[1] + 1, classes]);
    const [rows, bias] = tf.split(w, [x.shape[1], 1]);
    return tf.logSoftmax(tf.add(tf.matMul(x, rows), bias));
  });
  const logP = await scores.data();
  scores.dispose();
  const loss = labels.reduce((sum, label, i) => sum - logP[i * classes + label], 0) / labels.length;
  return { ...classificationMetrics(logP, labels, names), loss };
}
