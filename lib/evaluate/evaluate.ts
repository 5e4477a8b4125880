/**
 * From a frozen encoder to metrics: features once, then any number of probes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type * as tf from "@tensorflow/tfjs";
import { PluginError } from "../errors.ts";
import { called } from "../guard.ts";
import type { Encoder, Metrics, Probe, ProbeInput } from "../plugin.ts";
import { type Augmentation, extractFeatures, type FeatureOptions } from "./features.ts";
import { findSplit, labeledExamples } from "../splits.ts";

/** What features of both splits are computed from. */
export interface ProbeInputOptions extends Omit<FeatureOptions, "split"> {
  /** For probes that train on augmented images. */
  readonly augmentation?: Augmentation;
}

/**
 * The features of the splits `train` and `test`, for all probes to share; free them with
 * {@linkcode disposeFeatures}. Throws UsageError, before any is computed, where a split is missing
 * or has no labels.
 */
export async function extractProbeInput(options: ProbeInputOptions): Promise<ProbeInput> {
  for (const name of ["train", "test"]) {
    labeledExamples(findSplit(options.dataset, name), name);
  }
  const train = await extractFeatures({ ...options, split: "train" });
  try {
    return { train, test: await extractFeatures({ ...options, split: "test" }) };
  } catch (error) {
    train.features.dispose();
    throw error;
  }
}

/** Frees the features of both splits. */
export function disposeFeatures({ train, test }: ProbeInput): void {
  train.features.dispose();
  test.features.dispose();
}

/** A probe, and what it is to evaluate. */
export interface EvaluateFeaturesOptions {
  readonly probe: Probe;
  /** The features; they stay the caller's. */
  readonly features: ProbeInput;
  /** The encoder they are from; absent for pixels. */
  readonly encoder?: Encoder;
}

/**
 * Runs a probe on features. Throws PluginError, with the probe's name, where it changes the encoder
 * or the features, or returns what is no metrics.
 */
export async function evaluateFeatures(options: EvaluateFeaturesOptions): Promise<Metrics> {
  const { probe, features: { train, test }, encoder } = options;
  const act = async () => {
    // Labels are the probe's own copies: it may sort them.
    const metrics = await probe.evaluate({
      train: { ...train, labels: train.labels.slice() },
      test: { ...test, labels: test.labels.slice() },
    });
    checkMetrics(metrics, probe);
    return metrics;
  };
  const metrics = encoder ? await frozen(encoder.model, probe, act) : await act();
  if (!train.features.isDisposed && !test.features.isDisposed) return metrics;
  throw new PluginError({
    act: `accept the result of the ${called("probe", probe)}`,
    rule: "a probe must not dispose of the features, which later probes use",
    got: "disposed features",
    next: `Correct the ${called("probe", probe)}, or choose another.`,
  });
}

/** Extracts features, runs one probe, frees the features. */
export async function evaluate(
  options: ProbeInputOptions & Pick<EvaluateFeaturesOptions, "probe">,
): Promise<Metrics> {
  const features = await extractProbeInput(options);
  try {
    const metrics = await evaluateFeatures({ ...options, features });
    options.device.check();
    return metrics;
  } finally {
    disposeFeatures(features);
  }
}

/**
 * Throws PluginError, with the probe's name, unless `metrics` is an object with `top1` and `top5`
 * in percent and JSON values throughout: what is written to a report must read back the same.
 */
export function checkMetrics(metrics: Metrics, probe: Probe): void {
  const refuse = (rule: string, got: unknown) => {
    throw new PluginError({
      act: `accept the result of the ${called("probe", probe)}`,
      rule,
      got,
      next: `Correct the ${called("probe", probe)}, or choose another.`,
    });
  };
  if (!isRecord(metrics)) refuse("a probe returns an object with top1 and top5", metrics);
  for (const key of ["top1", "top5"]) {
    const value = metrics[key];
    if (typeof value === "number" && value >= 0 && value <= 100) continue;
    refuse(`${key} must be a number from 0 to 100`, value);
  }
  for (const [key, value] of Object.entries(metrics)) {
    if (!isJson(value)) refuse(`${key} must be a JSON value, without NaN`, value);
  }
}

/** Whether JSON keeps a value as it is. */
function isJson(value: unknown, above: readonly unknown[] = []): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (above.includes(value)) return false;
  const inside = (item: unknown) => isJson(item, [...above, value]);
  if (Array.isArray(value)) return value.every(inside);
  return isRecord(value) && Object.values(value).every(inside);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The SHA-256, in hexadecimal, of the values of each weight of a model in order, batch-norm
 * statistics included; `disposed` in its place for a weight that is.
 */
export async function hashWeights(model: tf.LayersModel): Promise<string[]> {
  return await Promise.all(model.weights.map(async (weight) => {
    const values = await readWeight(weight);
    return values ? createHash("sha256").update(values).digest("hex") : "disposed";
  }));
}

/**
 * Runs `act` and returns what it gives, if the model is bit for bit what it was before.
 *
 * @param model the frozen model
 * @param probe the one that acts, for the error
 * @throws PluginError where a weight or a batch-norm statistic was changed or disposed
 */
export async function frozen<T>(
  model: tf.LayersModel,
  probe: Probe,
  act: () => Promise<T>,
): Promise<T> {
  const before = await hashWeights(model);
  const result = await act();
  const after = await hashWeights(model);
  const changed = model.weights.filter((_, i) => after[i] !== before[i]);
  if (changed.length === 0) return result;
  throw new PluginError({
    act: `accept the result of the ${called("probe", probe)}`,
    rule: "a probe must leave the encoder's weights and batch-norm statistics as they are",
    got: `${changed.length} changed, the first of them ${changed[0].originalName}`,
    next: `Correct the ${called("probe", probe)}, or choose another.`,
  });
}

/** The values of a weight; undefined where it was disposed, for which tfjs throws. */
async function readWeight(
  weight: tf.LayersModel["weights"][number],
): Promise<tf.TypedArray | undefined> {
  try {
    return await weight.read().data();
  } catch {
    return undefined;
  }
}
